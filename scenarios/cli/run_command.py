"""`python -m scenarios run`: one scenario from 2020 on, in either engine, year by year."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

from scenarios.report.listing import table
from scenarios.scenario_file import load
from scenarios.schedule import schedule_of
from scenarios.words import text
from sim.cli.console import OK, ProgressLines, ask, whole
from sim.cli.indicator_table import show
from sim.dynamics.schedule import FIRST_YEAR
from sim.dynamics.stocks import LOOPS
from sim.indicators import INDICATORS, compute_all
from sim.paths.path import LAST_YEAR, PathRun, simulate_path
from sim.results import publish

SHOWN = (
    "visits_per_person", "admissions_per_100", "primary_share_in_county", "in_county_visit_rate",
    "in_county_admission_share", "unresolved_need_share", "bed_occupancy", "wait_minutes_mean",
    "visits_per_doctor_day", "contract_coverage", "out_of_pocket_per_person",
    "fund_spending_per_person",
)  # fmt: skip


def add_command(commands: Any) -> None:
    """The options of the command."""
    command = commands.add_parser(
        "run",
        help="one scenario from 2020 on, as expected values or with the full population (1:1)",
        description="Run one scenario from 1 January 2020: expected values in seconds "
        "(meanfield), or every resident on every day (compiled), which takes up to some minutes "
        "and goes on after an interruption where --checkpoint says so.",
        epilog="Example: python -m scenarios run taonan plan-2025 --engine compiled --output runs",
    )
    command.add_argument("region", help="region, or the path of a scenario file")
    command.add_argument("scenario", nargs="?", help="as-now, plan-2025 or vision-2035")
    command.add_argument("--until", type=int, default=LAST_YEAR, metavar="YEAR",
                         help=f"last year, {FIRST_YEAR} to {LAST_YEAR}")  # fmt: skip
    command.add_argument("--engine", choices=("meanfield", "compiled"), default="meanfield")
    command.add_argument("--seed", type=whole(0, 2**63 - 1), default=0, help="default 0")
    command.add_argument("--threads", type=whole(1, 256), default=os.cpu_count() or 1,
                         help="default all; no figure depends on it")  # fmt: skip
    command.add_argument("--cut", nargs="+", default=[], choices=tuple(LOOPS), metavar="LOOP",
                         help="feedback loops that shall not act: " + ", ".join(LOOPS))  # fmt: skip
    command.add_argument("--checkpoint", type=Path, metavar="DIR",
                         help="where a compiled path leaves its state each year")  # fmt: skip
    command.add_argument("--output", type=Path, metavar="DIR",
                         help="writes a folder a year, and one of the stocks")  # fmt: skip
    command.add_argument("--json", action="store_true", help="one JSON document")
    command.add_argument("--lang", choices=("en", "zh"), default="en", help="of the table")
    command.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Run, print and write; the exit code."""
    scenario = load(args.region if args.scenario else Path(args.region), args.scenario)
    tell = _Progress(args.lang, args.quiet)
    path = simulate_path(
        scenario.region, args.until, schedule=schedule_of(scenario), engine=args.engine,
        seed=args.seed, threads=args.threads, cut=args.cut, checkpoint=args.checkpoint,
        progress=tell,
    )  # fmt: skip
    tell.end()
    values = {year: compute_all(dataset) for year, dataset in path.years.items()}
    if args.output is not None:
        for folder in write(path, args.output):
            tell.say(text("run.written", args.lang).format(folder=folder))
    if args.json:
        years = {str(year): values[year] for year in values}
        document = {"scenario": scenario.name, "run": path.manifest, "years": years}
        print(json.dumps(document, ensure_ascii=False, indent=2))
        return OK
    title = scenario.title_zh if args.lang == "zh" else scenario.title
    print(f"{title} · {scenario.region} · {args.engine} · {path.manifest['key']}\n")
    print(page(values, args.lang), end="")
    return OK


def page(values: dict[int, dict[str, Any]], lang: str) -> str:
    """Headline indicators by year as a table."""
    chosen = [i for i in INDICATORS if i.id in SHOWN]
    chosen.sort(key=lambda i: SHOWN.index(i.id))
    rows = [
        [i.name_zh if lang == "zh" else i.name,
         *(show(values[year][i.id]["value"], i.show) for year in values)]
        for i in chosen
    ]  # fmt: skip
    head = [text("run.indicator", lang), *map(str, values)]
    return table(head, rows, right=range(1, len(head)))


def write(path: PathRun, folder: Path) -> list[Path]:
    """Publish every year and the stocks, each whole or not at all; the folders."""
    key = path.manifest["key"]
    written = [
        publish(dataset, {**path.manifest, "key": f"{key}-{year}"}, folder)
        for year, dataset in path.years.items()
    ]
    return [*written, publish(path.stocks, {**path.manifest, "key": f"{key}-stocks"}, folder)]


class _Progress(ProgressLines):
    """Lines on standard error: what is happening and the time left."""

    def __init__(self, lang: str, quiet: bool) -> None:
        super().__init__(quiet)
        self.lang = lang
        self.begun = self.reported = time.monotonic()

    def __call__(self, stage: str, done: int, total: int, visits: int) -> None:
        ask()
        now = time.monotonic()
        if stage not in ("days", "years"):
            self.say(text(f"run.{stage.replace(' ', '_')}", self.lang))
            self.begun = now
            return
        if done <= 0 or now - self.reported < (0.2 if self.live else 5.0):
            return
        self.reported = now
        left = (now - self.begun) / done * (total - done)
        line = text(f"run.{stage}", self.lang).format(
            done=done, total=total, visits=visits / 1e6, left=left
        )
        self.say(line, end="" if self.live else "\n")
