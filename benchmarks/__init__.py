"""Benchmarks: `python -m benchmarks`. Figures are for comparison on one machine, side by side."""
