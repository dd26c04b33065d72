"""`python -m calibration anchor`: constants solved on published figures again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sim.cli.console import FAILED, INTERRUPTED, OK, USAGE
from sim.errors import InputError
from sim.packs import REGIONS


def parser() -> argparse.ArgumentParser:
    """The command line and its help."""
    whole = argparse.ArgumentParser(
        prog="python -m calibration", description="Fit the model to published figures."
    )
    commands = whole.add_subparsers(dest="command", required=True)
    anchor = commands.add_parser(
        "anchor",
        help="solve need, tier constants, admissions and stays on published figures again",
        description="Without a region: runs the national reference county until the anchors are "
        "met and rewrites sim/data/anchored.csv and anchors_national.csv. With one: shifts a few "
        "constants by the region's own published figures and rewrites its rows of "
        "sim/data/anchored_regions.csv and anchors_local.csv. Regions come after the nation.",
    )
    anchor.add_argument("region", nargs="?", choices=REGIONS, help="a region with a plan")
    anchor.add_argument("--steps", type=int, default=30, help="runs at most, default 30")
    return whole


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 ok, 1 not met, 2 usage or input, 130)."""
    options = parser().parse_args(arguments)
    try:
        return _anchor(options)
    except InputError as error:
        print(error, file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        return INTERRUPTED


def _anchor(options: argparse.Namespace) -> int:
    def report(line: str) -> None:
        print(line, flush=True)

    if options.region is not None:
        from calibration.regional import anchor_region

        anchor_region(options.region, report=report)
        return OK
    from calibration.national import solve

    return OK if solve(options.steps, report=report) else FAILED
