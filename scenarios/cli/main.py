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
    args = parser().parse_args(arguments)
    hear()
    try:
        if args.command == "compare":
            return compare_command.run(args)
        if args.command == "run":
            return run_command.run(args)
        print(_show(args) if args.command == "show" else _list(args), end="")
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
        print("\n" + text("interrupted", args.lang), file=sys.stderr)
        return INTERRUPTED
    return OK


def _list(args: argparse.Namespace) -> str:
    if args.json:
        return _document(_records(args.what, args.region))
    return _TABLES[args.what](args.region, args.lang)


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


def _show(args: argparse.Namespace) -> str:
    source = args.region if args.scenario else Path(args.region)
    scenario = load(source, args.scenario)
    if args.json:
        changes = listing.changes_record(scenario)
        return _document({**listing.scenario_record(scenario), "changes": changes})
    return listing.show(scenario, args.lang)


def _document(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
