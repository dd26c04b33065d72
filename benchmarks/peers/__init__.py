"""The same small world in SimPy, Mesa and Ciw, against the compiled engine: `python -m benchmarks.peers`."""
