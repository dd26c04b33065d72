"""Draws of the uncertain parameters, each made to meet the region's reference year."""

from sim.draws.constrained import load_draws, stored_draws, write_draws

__all__ = ["load_draws", "stored_draws", "write_draws"]
