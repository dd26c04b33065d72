"""Region packs: read, verify and build the folders of tables a run starts from.

A pack is a folder of declared tables (`schema`), one region each, in which every value carries a
status and a source. Reading is strict, so that a slip of the pen is reported and never repaired.
"""

from sim.packs.read import PathRegions, load_path_regions, load_region
from sim.packs.region_facts import REGIONS
from sim.packs.verify import Report, verify

__all__ = [
    "REGIONS", "PathRegions", "Report", "load_path_regions", "load_region", "verify",
]  # fmt: skip
