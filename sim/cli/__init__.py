"""The command line of the simulator: `python -m sim`."""
