"""`python -m scenarios list | show | run | compare`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scenarios.cli import compare_command, run_command
from scenarios.plans.clauses import REGIONS
from scenarios.plans.levers import levers
from scenarios.plans.targets import targets
from scenarios.report import listing
from scenarios.scenario_file import load, shipped
from scenarios.words import text
from sim.cli.console import INTERRUPTED, OK, USAGE, hear
from sim.errors import Fault, InputError

_TABLES = {
    "levers": listing.list_levers,
    "targets": listing.list_targets,
    "scenarios": listing.list_scenarios,
    "coverage": listing.list_coverage,
}


def parser() -> argparse.ArgumentParser:
    """The command line, with help that teaches."""
    top = argparse.ArgumentParser(
        prog="python -m scenarios",
        description="The plans of five regions as data: levers, targets, scenarios; and what would "
        "follow from them.",
        epilog="Start with: python -m scenarios compare liaocheng --draws 0",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    lists = commands.add_parser("list", help="levers, targets, scenarios, or how much is covered")
    lists.add_argument("what", choices=tuple(_TABLES))
    lists.add_argument("region", nargs="?", choices=REGIONS, metavar="REGION",
                       help=", ".join(REGIONS))  # fmt: skip
    shows = commands.add_parser("show", help="one scenario: levers, reasons, what they come to")
    shows.add_argument("region", help="region, or the path of a scenario file")
    shows.add_argument("scenario", nargs="?", help="as-now, plan-2025 or vision-2035")
    run_command.add_command(commands)
    compare_command.add_command(commands)
    for command in (lists, shows):
        command.add_argument("--json", action="store_true", help="one JSON document")
        command.add_argument("--lang", choices=("en", "zh"), default="en", help="of the table")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 ok, 2 a fault in what was given."""
    given = parser().parse_args(arguments)
    hear()
    try:
        if given.command == "compare":
            return compare_command.run(given)
        if given.command == "run":
            return run_command.run(given)
        print(_show(given) if given.command == "show" else _list(given), end="")
    except InputError as error:
        print(error, file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # the reader of a long page has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        fault = Fault(str(error.filename or ""), 0, "", str(error.strerror), "a usable file")
        print(InputError([fault]), file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        print("\n" + text("interrupted", given.lang), file=sys.stderr)
        return INTERRUPTED
    return OK


def _list(given: argparse.Namespace) -> str:
    if given.json:
        return _document(_records(given.what, given.region))
    return _TABLES[given.what](given.region, given.lang)


def _records(what: str, region: str | None) -> Any:
    if what == "coverage":
        return listing.coverage()
    if what == "levers":
        every = levers().values()
        return [listing.lever_record(each) for each in every if region in (None, *each.clauses)]
    if what == "targets":
        found = targets().values()
        return [listing.target_record(each) for each in found if region in (None, each.region)]
    regions = [region] if region else REGIONS
    return [listing.scenario_record(load(r, name)) for r in regions for name in shipped(r)]


def _show(given: argparse.Namespace) -> str:
    source = given.region if given.scenario else Path(given.region)
    scenario = load(source, given.scenario)
    if given.json:
        changes = listing.changes_record(scenario)
        return _document({**listing.scenario_record(scenario), "changes": changes})
    return listing.show(scenario, given.lang)


def _document(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
