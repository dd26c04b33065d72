"""The simulator: one region, a year or sixteen, every resident, every visit, every bed.

>>> import sim
>>> region = sim.load_region("taonan", 2023)  # or the folder of a pack
>>> run = sim.simulate(region, seed=1)  # doctest: +SKIP
>>> path = sim.simulate_path("taonan", 2035)  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.packs import load_region as load_region
    from sim.paths.path import simulate_path as simulate_path
    from sim.run import simulate as simulate

__version__ = "0.1.0"

__all__ = ["__version__", "load_region", "simulate", "simulate_path"]


def __getattr__(name: str) -> Any:
    """The public functions, imported when they are first asked for: `import sim` does no work."""
    if name == "load_region":
        from sim.packs import load_region

        return load_region
    if name == "simulate":
        from sim.run import simulate

        return simulate
    if name == "simulate_path":
        from sim.paths.path import simulate_path

        return simulate_path
    raise AttributeError(f"module 'sim' has no attribute {name!r}")
