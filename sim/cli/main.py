"""`python -m sim run | trace | info | verify | indicators | new-region | draws`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim import __version__
from sim.cli.console import FAILED, INTERRUPTED, OK, USAGE, ProgressLines, ask, hear, whole
from sim.errors import Fault, InputError
from sim.words import SPLITS, text

# A log beyond this many residents x months is announced with its size; bytes as measured on
# Taonan 2023 (docs/figures.md).
_LARGE_LOG_PERSON_MONTHS = 12_000_000
_LOG_BYTES_A_PERSON_MONTH = 20.0
REGIONS = ("chifeng", "taonan", "liaocheng", "suining", "bayannur")


def parser() -> argparse.ArgumentParser:
    """The command line, with help that teaches."""
    top = argparse.ArgumentParser(
        prog="python -m sim",
        description="Tiercare 分级诊疗推演: one region, one year, every resident, every visit, "
        "every bed.",
        epilog="Start with: python -m sim run taonan --year 2023   "
        "Regions: chifeng taonan liaocheng suining bayannur reference, or the folder of a pack.",
    )
    top.add_argument("--version", action="version", version=f"tiercare {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser(
        "run",
        help="simulate a region for a year and print its indicators",
        description="Simulate the full population (1:1) of a region for a calendar year and print "
        "the indicators.",
        epilog="Example: python -m sim run liaocheng --year 2023 --seed 1 --json > liaocheng.json",
    )
    run.add_argument("region", help="name of a region, or folder of a pack")
    run.add_argument("--year", type=int, default=2023, help="2020 to 2023 (default 2023)")
    run.add_argument("--seed", type=whole(0, 2**63 - 1), default=0, help="whole number, default 0")
    _engine_options(run)
    run.add_argument(
        "--threads", type=whole(1, 256), default=os.cpu_count() or 1,
        help="worker threads, default all; the result is the same for any number",
    )  # fmt: skip
    run.add_argument("--json", action="store_true", help="one JSON document on standard output")
    run.add_argument(
        "-o", "--output", type=Path, metavar="FOLDER",
        help="write results.nc and manifest.json to FOLDER/<run key>",
    )  # fmt: skip
    run.add_argument(
        "--by", choices=SPLITS, default="tier",
        help="what the table splits the indicators by, default tier; --json has every split",
    )  # fmt: skip
    run.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the table")
    run.add_argument("--quiet", action="store_true", help="no progress")
    _log_options(run)
    _trace_command(commands)
    _add_readers(commands)
    return top


def _add_readers(commands: Any) -> None:
    """Commands that do not simulate a region for its own sake."""
    for name, says in (
        ("info", "people, facilities, stocks, anchors and assumptions of a region, on a page"),
        ("verify", "prove a pack's sums, ranges and coverage, and list every assumption"),
    ):
        command = commands.add_parser(name, help=says, description=says)
        command.add_argument("region", help="name of a region, or folder of a pack")
        if name == "info":
            command.add_argument("--year", type=int, default=2023, help="default 2023")
            command.add_argument(
                "--assumptions", action="store_true", help="list every assumed model parameter"
            )
        command.add_argument("--lang", choices=("en", "zh"), default="en")
    new = commands.add_parser(
        "new-region",
        help="write a pack to be filled for a region of your own",
        description="Writes a commented pack to be filled, a page that explains every column, and "
        "a small filled example. `verify` then says what is still to be filled.",
        epilog="Example: python -m sim new-region mycounty, then python -m sim verify mycounty",
    )
    new.add_argument("folder", type=Path, help="a folder that does not exist yet, or an empty one")
    new.add_argument("--lang", choices=("en", "zh"), default="en")
    indicators = commands.add_parser(
        "indicators",
        help="every indicator with its definition",
        description="Every indicator: id, name, unit, and whether an official series exists.",
    )
    indicators.add_argument("--lang", choices=("en", "zh"), default="en")
    indicators.add_argument(
        "--markdown", action="store_true", help="docs/indicators.md: definitions in both languages"
    )
    says = "make a region's draws of the parameters, each anchored to its reference year"
    draws = commands.add_parser("draws", help=says, description=f"{says}; a few minutes")
    draws.add_argument("region", help="name of a region, or folder of a pack")
    draws.add_argument("--count", type=whole(1, 10_000), default=256, help="default 256")


def _trace_command(commands: Any) -> None:
    command = commands.add_parser(
        "trace",
        help="one resident's year in words: what he weighed, whom he saw, what it cost",
        description="Simulate a region for a year and tell the story of one resident: every "
        "illness, the ways out with the parts of their utility and their chances, every visit and "
        "stay, and the sum of the year. The person is synthetic.",
        epilog="Example: python -m sim trace taonan --resident 113790 --lang zh   Without "
        "--resident: the one with most to tell of 64 spread over the region. To find residents "
        "with a certain history, look in a visit log (python -m sim run REGION --log "
        "FILE.parquet): its column `resident` is what --resident takes.",
    )
    command.add_argument("region", help="name of a region, or folder of a pack")
    command.add_argument(
        "--resident", type=int, metavar="N", help="row of a resident on 1 January, from 0"
    )
    command.add_argument("--year", type=int, default=2023, help="2020 to 2023 (default 2023)")
    command.add_argument(
        "--seed", type=whole(0, 2**63 - 1), default=0, help="whole number, default 0"
    )
    command.add_argument(
        "--threads", type=whole(1, 256), default=os.cpu_count() or 1,
        help="worker threads, default all; the story is the same for any number",
    )  # fmt: skip
    command.add_argument("--json", action="store_true", help="one JSON document, nothing left out")
    command.add_argument("--lang", choices=("en", "zh"), default="en", help="language of the story")
    command.add_argument("--quiet", action="store_true", help="no progress")


def _log_options(run: argparse.ArgumentParser) -> None:
    log = run.add_argument_group(
        "a record of every visit",
        "Parquet files that any table program reads; columns are described in docs/visit-log.md. "
        "Example: python -m sim run liaocheng --log visits.parquet --county 371521 --months 1-3",
    )
    log.add_argument(
        "--log", type=Path, metavar="FILE.parquet",
        help="write one row a visit to FILE.parquet and one row a stay to FILE.stays.parquet",
    )  # fmt: skip
    log.add_argument(
        "--county", nargs="+", default=[], metavar="COUNTY",
        help="only residents of these counties, by six-digit code or name; default all",
    )  # fmt: skip
    log.add_argument(
        "--months", nargs="+", default=[], metavar="MONTH",
        help="only these months, as 1 3 or 1-3; default all",
    )  # fmt: skip


def _engine_options(run: argparse.ArgumentParser) -> None:
    run.add_argument(
        "--engine", default="compiled",
        help="compiled (default); meanfield: expected values, in a second; or reference: the same "
        "model written readably, for some townships",
    )  # fmt: skip
    run.add_argument(
        "--townships", type=whole(1, 1_000_000), default=0, metavar="N",
        help="only N townships of the region: an extract, not a result",
    )  # fmt: skip


class _Progress(ProgressLines):
    """Lines on standard error: what is happening, how fast, how long it will take."""

    def __init__(self, lang: str, quiet: bool) -> None:
        super().__init__(quiet)
        self.lang = lang
        self.begun = time.monotonic()
        self.reported = self.first = 0.0

    def __call__(self, stage: str, done: int, days: int, visits: int) -> None:
        ask()
        now = time.monotonic()
        if stage != "days":
            self.say(text(f"progress.{stage}", self.lang))
            return
        if not self.first:
            self.first = now
        if done < 0 or now - self.reported < (0.2 if self.live else 2.0):
            return
        self.reported = now
        warm_up = 42
        rate = (done + warm_up + 1) / max(1e-9, now - self.first)
        left = (days - done) / rate
        line = text("progress.days", self.lang).format(
            day=done + 1, days=days, visits=visits / 1e6, rate=rate, left=left
        )
        self.say(line, end="" if self.live else "\n")


def _started(options: argparse.Namespace) -> _Progress:
    """Progress with the first word said, before anything heavy is imported."""
    progress = _Progress(options.lang, options.quiet)
    from sim.jit import is_cached

    key = "progress.start" if is_cached() else "progress.compile"
    progress.say(text(key, options.lang))
    return progress


def _run(options: argparse.Namespace) -> int:
    progress = _started(options)
    from sim.cli.indicator_table import table
    from sim.indicators import compute_all
    from sim.results import publish
    from sim.run import simulate

    with _visit_log(options, progress) as (region, log):
        run = simulate(
            region, options.year, engine=options.engine, seed=options.seed,
            threads=options.threads, townships=options.townships, progress=progress, observer=log,
        )  # fmt: skip
        progress.end()
        if log is not None:
            for path in log.publish(run.manifest):
                progress.say(text("run.written", options.lang).format(folder=path))
    values = compute_all(run.dataset)
    manifest = dict(run.manifest)
    for key in manifest.get("not_given", ()):  # expected values have no quantiles
        values[key] = {"unit": values[key]["unit"], "value": None}
    seconds = manifest.pop("seconds")
    if options.output is not None:
        folder = publish(run.dataset, manifest, options.output)
        progress.say(text("run.written", options.lang).format(folder=folder))
    if options.json:
        keys = ("region", "year", "engine", "seed", "key", "townships", "extract")
        about = {k: manifest[k] for k in keys if k in manifest}
        document = {"run": {**about, "seconds": round(seconds, 3)}, "indicators": values}
        print(json.dumps(document, ensure_ascii=False))
    else:
        print(table(run, values, options.by, options.lang))
        for warning in manifest["warnings"]:
            print(text("run.warning", options.lang).format(warning=warning))
    return OK


@contextmanager
def _visit_log(options: argparse.Namespace, progress: _Progress) -> Iterator[tuple[Any, Any]]:
    """The region to run and the log that watches it; (region, None) where none is asked for."""
    if options.log is None:
        if options.county or options.months:
            option = "--county" if options.county else "--months"
            raise InputError([Fault(option, 0, "", "no --log", "--log FILE.parquet with it")])
        yield options.region, None
        return
    if options.townships:
        raise InputError([Fault("--log", 0, "", "--townships", "a log of the whole region")])
    from sim.observers.visit_log import VisitLog, find_counties, parse_months
    from sim.packs import load_region

    region = load_region(options.region, options.year)
    counties = find_counties(region.counties, options.county)
    months = parse_months(options.months)
    persons = int(region.counties.census[counties].sum())
    if persons * len(months) > _LARGE_LOG_PERSON_MONTHS:
        gigabytes = persons * len(months) * _LOG_BYTES_A_PERSON_MONTH / 1e9
        progress.say(text("log.large", options.lang).format(gigabytes=gigabytes))
    with VisitLog(options.log, counties, months) as log:
        yield region, log


def _trace(options: argparse.Namespace) -> int:
    progress = _started(options)
    from sim.observers.trace import trace
    from sim.observers.trace_page import page

    story = trace(
        options.region, options.resident, options.year, seed=options.seed,
        threads=options.threads, progress=progress,
    )  # fmt: skip
    progress.end()
    reported = json.dumps(story, ensure_ascii=False) if options.json else page(story, options.lang)
    print(reported, flush=True)
    return OK


def _info(options: argparse.Namespace) -> int:
    from sim.cli.info import page

    print(page(options.region, options.year, options.lang, options.assumptions))
    return OK


def _verify(options: argparse.Namespace) -> int:
    from sim.packs import verify
    from sim.packs.filling import filling, unfilled

    try:
        report = verify(options.region)
    except InputError as error:
        if not unfilled(error.faults):
            raise
        print(filling(error, options.lang))
        return USAGE
    print(report.text())
    return OK if report.holds else FAILED


def _new_region(options: argparse.Namespace) -> int:
    from sim.packs.template import new_region

    folder = new_region(options.folder)
    print(text("new_region.written", options.lang).format(folder=folder))
    return OK


def _indicators(options: argparse.Namespace) -> int:
    from sim.cli.indicator_table import listing
    from sim.indicators import page

    print(page() if options.markdown else listing(options.lang), end="")
    return OK


def _draws(options: argparse.Namespace) -> int:
    from sim.draws import write_draws

    made = write_draws(options.region, count=options.count)
    return OK if made == options.count else FAILED


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code (0 ok, 1 failed, 2 usage or input, 130)."""
    options = parser().parse_args(arguments)
    hear()
    commands = {
        "run": _run, "trace": _trace, "info": _info, "verify": _verify,
        "indicators": _indicators, "new-region": _new_region, "draws": _draws,
    }  # fmt: skip
    try:
        return commands[options.command](options)
    except InputError as error:
        print(error, file=sys.stderr)
        return USAGE
    except BrokenPipeError:  # the reader of a long page has gone, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as error:
        fault = Fault(str(error.filename or ""), 0, "", str(error.strerror), "a usable file")
        print(InputError([fault]), file=sys.stderr)
        return USAGE
    except KeyboardInterrupt:
        lang = getattr(options, "lang", "en")
        print("\n" + text("interrupted", lang), file=sys.stderr)
        return INTERRUPTED
