"""`python -m sim.packbuild build REGION...|all`: write the packs of sim/regions."""

from __future__ import annotations

import argparse

from sim.packbuild.build import build
from sim.packs.region_facts import REGIONS


def main() -> None:
    """Build the packs named on the command line."""
    parser = argparse.ArgumentParser(prog="python -m sim.packbuild")
    parser.add_argument("command", choices=["build"])
    parser.add_argument("region", nargs="+", choices=[*REGIONS, "all"])
    asked = parser.parse_args().region
    for region in REGIONS if "all" in asked else asked:
        print(f"{region}: {build(region)}")


if __name__ == "__main__":
    main()
