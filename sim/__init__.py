"""The simulator: one region, one year, every resident, every visit, every bed."""

__version__ = "0.1.0"
