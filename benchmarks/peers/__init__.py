"""The same small world in SimPy and Mesa, against the compiled engine: `python -m benchmarks.peers`."""
