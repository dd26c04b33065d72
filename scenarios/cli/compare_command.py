"""`python -m scenarios compare`: options, progress, the tables of the terminal."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from scenarios.comparison.findings import Comparison
from scenarios.plans.clauses import REGIONS
from scenarios.report.background_tables import bottlenecks_sheet, costs_sheet, gains_sheet
from scenarios.report.listing import table
from scenarios.report.summary import summary
from scenarios.report.tables import (
    Sheet,
    changes_sheet,
    drivers_brief,
    headlines_sheet,
    limits,
    notes_of,
    targets_sheet,
)
from scenarios.words import text
from sim.cli.console import FAILED, OK, ProgressLines, ask, whole

NAMES, YEARS = ("as-now", "plan-2025", "vision-2035"), (2023, 2025, 2035)
_FACILITIES = 5
_SEEDS = 3  # paired full-population runs of a scenario


def add_command(commands: Any) -> None:
    """The options of the command."""
    command = commands.add_parser(
        "compare",
        help="scenarios side by side: targets, ranges, chances, drivers, who gains, costs",
        description="Run scenarios of one region from 2020 on with the same parameters, effect "
        "sizes and seeds, and compare them with the first. Takes minutes with draws, and "
        "more with the full-population (1:1) runs that correct them; --draws 0 takes seconds and "
        "gives no ranges.",
        epilog="Example: python -m scenarios compare liaocheng as-now plan-2025 --years 2023 2025 "
        "2035 --output runs   writes a Word and a web report, figures, CSV and NetCDF.",
    )
    command.add_argument("region", choices=REGIONS, metavar="REGION", help=", ".join(REGIONS))
    command.add_argument(
        "scenario", nargs="*", default=list(NAMES),
        help="names, or paths of scenario files; default " + " ".join(NAMES),
    )  # fmt: skip
    command.add_argument("--years", nargs="+", type=int, default=list(YEARS), metavar="YEAR",
                         help="2020 to 2035, the first is the base year")  # fmt: skip
    command.add_argument("--draws", type=whole(0, 256), default=200, metavar="N",
                         help="parameter draws, default 200; 0: no ranges")  # fmt: skip
    command.add_argument(
        "--seeds", type=whole(0, 100), metavar="K",
        help="paired full-population (1:1) runs of every scenario that correct the mean-field and "
        "add random variation to the ranges; 15 s to minutes each, kept for the next time; "
        "default 3, without draws 0",
    )  # fmt: skip
    command.add_argument("--engine", choices=("meanfield", "compiled"), default="meanfield",
                         help="compiled: every draw with the full population, dear")  # fmt: skip
    command.add_argument("--no-levers", action="store_true", help="skip the levers one by one")
    command.add_argument("--threads", type=whole(1, 256), default=os.cpu_count() or 1,
                         help="default all; no figure depends on it")  # fmt: skip
    command.add_argument("--output", type=Path, metavar="DIR",
                         help="folder for the reports, figures, CSV and NetCDF")  # fmt: skip
    command.add_argument("--json", action="store_true", help="one JSON document")
    command.add_argument("--lang", choices=("en", "zh"), default="en", help="of tables and reports")
    command.add_argument("--quiet", action="store_true", help="no progress")


class _Progress(ProgressLines):
    """One line on standard error for what is run, with the time left."""

    def __init__(self, lang: str, quiet: bool, engine: str, threads: int) -> None:
        super().__init__(quiet)
        self.lang, self.engine, self.threads = lang, engine, threads
        self.before = 0
        self.what, self.begun, self.reported = "", 0.0, 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        ask()
        now = time.monotonic()
        if what.startswith("price"):
            compiled = what == "price_seeds" or self.engine == "compiled"
            self._price(done, total, compiled)
            return
        if what != self.what:
            self.what, self.begun, self.reported = what, now, 0.0
        if done <= self.threads:  # until then processes start
            self.begun, self.before = now, done
        last = done == total
        if not total or not (last or now - self.reported > (0.2 if self.live else 5.0)):
            return
        self.reported = now
        line = text(f"progress.{what}", self.lang).format(done=done, total=total)
        if done > self.before and not last:
            left = (now - self.begun) / (done - self.before) * (total - done)
            line += text("progress.left", self.lang).format(left=left)
        self.say(line, end="\n" if last or not self.live else "")

    def _price(self, seconds: int, runs: int, compiled: bool) -> None:
        if not runs:
            return
        name = "progress.price_compiled" if compiled else "progress.price"
        self.say(text(name, self.lang).format(
            runs=runs, seconds=seconds, each=seconds / runs, minutes=seconds / 60
        ))  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Compare, print and write; the exit code."""
    from scenarios.comparison.compare import compare

    progress = _Progress(options.lang, options.quiet, options.engine, options.threads)
    seeds = options.seeds
    if seeds is None:
        seeds = _SEEDS if options.draws and options.engine == "meanfield" else 0
    try:
        found = compare(
            options.region, options.scenario, options.years, engine=options.engine,
            draws=options.draws, seeds=seeds, threads=options.threads,
            decompose=not options.no_levers, progress=progress,
        )  # fmt: skip
        if options.output is not None:
            from scenarios.report.export import publish

            progress.say(text("progress.writing", options.lang))
            folder = publish(found, options.output, options.lang)
            progress.say(text("written", options.lang).format(folder=folder))
    except RuntimeError as error:
        print(text("failed", options.lang).format(what=error), file=sys.stderr)
        return FAILED
    if options.json:
        from scenarios.report.as_json import record

        print(json.dumps(record(found), ensure_ascii=False))
    else:
        print(page(found, options.lang))
    return OK


def page(c: Comparison, lang: str) -> str:
    """The comparison as the terminal shows it."""
    title = text("report.title", lang).format(region=c.name_zh if lang == "zh" else c.name)
    arms = ("、" if lang == "zh" else ", ").join(arm.label(lang) for arm in c.arms)
    subtitle = text("report.subtitle", lang).format(arms=arms, first=c.years[0], last=c.years[-1])
    sheets = [targets_sheet(c, lang), headlines_sheet(c, lang)]
    if len(c.arms) > 1:
        sheets.append(changes_sheet(c, lang))
    for arm in c.arms[1:]:
        if c.drivers:
            sheets.append(drivers_brief(c, arm, lang))
    last = c.arms[-1]
    sheets.append(bottlenecks_sheet(c, last, lang, _FACILITIES))
    if len(c.arms) > 1:
        sheets += [gains_sheet(c, last, lang), costs_sheet(c, last, lang)]
    parts = [
        title,
        subtitle,
        *summary(c, lang),
        "",
        *(printed(sheet) for sheet in sheets if sheet.rows),
    ]
    notes = (note for sheet in sheets if sheet.rows for note in sheet.notes)
    return "\n".join([*parts, *dict.fromkeys([*notes_of(c, lang), *notes, *limits(c, lang)])])


def printed(sheet: Sheet) -> str:
    """A sheet as aligned text."""
    return f"{sheet.title}\n{table(sheet.head, sheet.rows, sheet.right)}"
