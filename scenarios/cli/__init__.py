"""The command line of scenarios: `python -m scenarios`."""
