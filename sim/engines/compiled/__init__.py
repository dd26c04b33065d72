"""The compiled engine: one run from set-up to tallies; the steps of its day are kernels."""
