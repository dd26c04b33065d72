"""Kernels of the compiled engine: each works on a range and writes only its own slices."""
