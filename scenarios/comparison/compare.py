"""compare(): scenarios of one region side by side, with ranges, drivers, gains and costs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from scenarios.comparison.assess import arrivals, judged, simulated, year_judged
from scenarios.comparison.bottlenecks import flows, gains, ranked, relieved
from scenarios.comparison.costs import lever_costs
from scenarios.comparison.decompose import Singles, decomposed, single_runs
from scenarios.comparison.findings import Arm, Bottleneck, Cell, Comparison, Floats, Samples
from scenarios.comparison.runs import (
    Job,
    Key,
    Progress,
    Reading,
    Source,
    different_levers,
    draws_of,
    expected_seconds,
    overrides_of,
    path_of,
    readings,
    run_all,
)
from sim.errors import Fault, InputError

ENGINES = ("meanfield", "compiled")
NAMES = ("as-now", "plan-2025", "vision-2035")
YEARS = (2023, 2025, 2035)
FIRST, LAST = 2020, 2035


def compare(
    region: str,
    names: Sequence[str] = NAMES,
    years: Sequence[int] = YEARS,
    *,
    engine: str = "meanfield",
    draws: int = 200,
    seeds: int = 0,
    threads: int = 2,
    decompose: bool = True,
    progress: Progress | None = None,
) -> Comparison:
    """Scenarios of one region on the same parameters, effect sizes and seeds.

    names      scenarios of the region, or paths of scenario files; the others are compared with
               the first
    years      2020-2035, the first is the base year; years of judged targets are added
    engine     "meanfield": expected values; "compiled": every path with the full population, which
               is dear
    draws      parameter draws with effect sizes drawn in their ranges; 0: no range, no chance
    seeds      with "meanfield": paired runs of the compiled engine whose difference shifts and
               widens the figures; with "compiled": seeds the draws are spread over
    threads    processes of mean-field paths, or threads of a compiled one; no figure depends on it
    decompose  also run every lever alone and every plan without it (mean-field, middle parameters)
    progress   called with (what is run, done, of how many); before draws with ("price", seconds,
               runs), before paired runs with ("price_seeds", seconds, runs)

    Raises InputError for an unknown region, scenario, engine or year, and whatever a path raises.

    >>> found = compare("taonan", draws=0)  # doctest: +SKIP
    >>> found.change("plan-2025", 2035, "in_county_visit_rate").value  # doctest: +SKIP
    """
    begun = time.monotonic()
    arms = read_arms(region, names)
    _check(engine, years, draws, seeds)
    wanted = tuple(sorted({*years, *(year_judged(t) for t in simulated(region))}))
    asked, without = draws_of(region, draws)
    paths, samples = _run(region, arms, wanted, engine, asked, seeds, threads, progress)
    singles, expected = Singles({}, {}), samples.central
    if decompose and len(arms) > 1:
        singles = single_runs(region, arms, wanted, threads, progress)
        if engine != "meanfield":
            expected = _expected(region, arms, wanted, threads)
    drivers, totals = decomposed(arms, wanted, expected, singles)
    drawn = samples.drawn if asked else 0
    added = set(wanted) - set(years)
    notes = _notes(arms, engine, without, drawn, len(asked) - drawn, seeds, added)
    about = _about(arms, paths, time.monotonic() - begun)
    last = paths[arms[0].key].years[wanted[-1]]
    return Comparison(
        region=region, name=str(last.attrs["region_name"]),
        name_zh=str(last.attrs["region_name_zh"]), arms=arms, years=wanted, engine=engine,
        draws=drawn, seeds=seeds, samples=samples, paths=paths, drivers=drivers,
        totals=totals, targets=judged(region, arms, wanted, samples),
        arrivals=tuple(a for arm in arms for a in arrivals(arm)),
        gains=gains(arms, wanted[-1], samples), costs=_costs(region, arms, last),
        bottlenecks=_bottlenecks(arms, wanted, paths, singles), counties=_counties(last),
        flows=_flows(arms, paths),
        notes=notes, about=about,
    )  # fmt: skip


def _run(
    region: str, arms: Sequence[Arm], years: tuple[int, ...], engine: str,
    asked: Sequence[Mapping[str, float]], seeds: int, threads: int, progress: Progress | None,
) -> tuple[dict[str, Any], Samples]:  # fmt: skip
    """The path of every arm with middle values, and the figures of all draws and seeds."""
    report = progress or (lambda what, done, total: None)
    paths: dict[str, Any] = {}
    central: dict[Cell, Reading] = {}
    for done, arm in enumerate(arms, 1):
        job = Job(region, arm.variant, years, engine)
        paths[arm.key] = path_of(job, threads)
        central.update({(arm.key, y): r for y, r in readings(paths[arm.key], job).items()})
        report("central", done, len(arms))
    keys = {key: at for at, key in enumerate(dict.fromkeys(k for r in central.values() for k in r))}
    seeds_used = max(1, seeds) if engine == "compiled" else 1
    repeats = _repeats(asked, seeds_used)
    # The first path also compiles and makes the residents.
    each = min(path.manifest["seconds"] for path in paths.values())
    report("price", round(each * len(arms) * len(repeats)), len(arms) * len(repeats))
    drawn = _drawn(region, arms, years, engine, repeats, seeds_used, keys, threads, progress)
    paired = seeds if engine == "meanfield" else 0
    shift = _shift(region, arms, years, paired, keys, threads, progress)
    return paths, Samples(keys, central, drawn, shift)


def read_arms(region: str, names: Sequence[str]) -> tuple[Arm, ...]:
    """The arms of a comparison; InputError for an unknown one, one of another region, one twice."""
    arms = []
    for name in names:
        is_file = name.endswith((".yaml", ".yml")) or Path(name).is_file()
        source = Source(name) if is_file else Source(region, name)
        arm = Arm("", source)
        arms.append(Arm(arm.scenario.name, source))
    faults = [
        Fault("compare", 0, "scenario", f"{arm.key} of {arm.scenario.region}", f"one of {region}")
        for arm in arms
        if arm.scenario.region != region
    ]
    keys = [arm.key for arm in arms]
    faults += [
        Fault("compare", 0, "scenario", f"{key} twice", "each name once", "Rename one file.")
        for key in dict.fromkeys(keys)
        if keys.count(key) > 1
    ]
    if not arms:
        faults.append(Fault("compare", 0, "scenario", "none", "at least one scenario"))
    if faults:
        raise InputError(faults)
    return tuple(arms)


def _check(engine: str, years: Sequence[int], draws: int, seeds: int) -> None:
    faults = []
    if engine not in ENGINES:
        faults.append(Fault("compare", 0, "engine", repr(engine), " or ".join(ENGINES)))
    wrong = [year for year in years if not FIRST <= year <= LAST]
    if wrong or not years:
        got = ", ".join(map(str, wrong)) or "none"
        faults.append(Fault("compare", 0, "years", got, f"{FIRST} to {LAST}"))
    for name, value in (("draws", draws), ("seeds", seeds)):
        if value < 0:
            faults.append(Fault("compare", 0, name, str(value), "a whole number from 0"))
    if faults:
        raise InputError(faults)


def _repeats(
    asked: Sequence[Mapping[str, float]], seeds: int
) -> list[tuple[int, Mapping[str, float] | None]]:
    """(draw, parameters) of every repeat; without draws as many repeats as seeds, if several."""
    if asked:
        return list(enumerate(asked, 1))
    return [(0, None)] * seeds if seeds > 1 else []


def _drawn(
    region: str, arms: Sequence[Arm], years: tuple[int, ...], engine: str,
    repeats: Sequence[tuple[int, Mapping[str, float] | None]], seeds: int, keys: Mapping[Key, int],
    threads: int, progress: Progress | None,
) -> dict[Cell, Floats]:  # fmt: skip
    """Figures of every repeat, the same draw and seed in every arm; a draw that has no solution
    under one arm is left out under all."""
    jobs = [
        Job(region, arm.variant, years, engine, at % seeds, draw, overrides_of(values))
        for at, (draw, values) in enumerate(repeats)
        for arm in arms
    ]
    found = list(run_all(jobs, "draws", threads, progress, len(arms)))
    repeated = [found[at : at + len(arms)] for at in range(0, len(found), len(arms))]
    solved = [reading for readings in repeated if all(readings) for reading in readings]
    return _arrays(arms, years, keys, solved)


def _shift(
    region: str, arms: Sequence[Arm], years: tuple[int, ...], seeds: int, keys: Mapping[Key, int],
    threads: int, progress: Progress | None,
) -> dict[Cell, Floats]:  # fmt: skip
    """Compiled less mean-field on the same seed, with middle parameters."""
    if seeds and progress is not None:
        from sim.packs import load_region

        residents = int(load_region(region, 2023).counties.census.sum())
        each = expected_seconds(residents, max(years))
        progress("price_seeds", round(each * seeds * len(arms)), seeds * len(arms))
    one_to_one, expected = (
        [Job(region, arm.variant, years, e, seed) for seed in range(seeds) for arm in arms]
        for e in ("compiled", "meanfield")
    )
    compiled = _arrays(arms, years, keys, list(run_all(one_to_one, "seeds", threads, progress)))
    mean = _arrays(arms, years, keys, list(run_all(expected, "paired", threads, progress)))
    # What only one of the two gives (quantiles) stays as it is.
    return {cell: np.nan_to_num(compiled[cell] - mean[cell]) for cell in compiled}


def _expected(
    region: str, arms: Sequence[Arm], years: tuple[int, ...], threads: int
) -> dict[Cell, Reading]:
    jobs = [Job(region, arm.variant, years) for arm in arms]
    found = run_all(jobs, "paired", threads, None)
    return {
        (arm.key, year): reading
        for arm, by_year in zip(arms, found, strict=True)
        for year, reading in by_year.items()
    }


def _arrays(
    arms: Sequence[Arm], years: Sequence[int], keys: Mapping[Key, int],
    found: Sequence[Mapping[int, Reading]],
) -> dict[Cell, Floats]:  # fmt: skip
    """Readings, arms fastest, as (repeats, keys) by arm and year."""
    n = len(found) // len(arms)
    arrays = {(arm.key, year): np.full((n, len(keys)), np.nan) for arm in arms for year in years}
    for at, by_year in enumerate(found):
        arm = arms[at % len(arms)].key
        for year, reading in by_year.items():
            row = arrays[arm, year][at // len(arms)]
            for key, value in reading.items():
                if key in keys:
                    row[keys[key]] = value
    return arrays


def _bottlenecks(
    arms: Sequence[Arm], years: Sequence[int], paths: Mapping[str, Any], singles: Singles
) -> tuple[Bottleneck, ...]:
    """Ranked by arm and year, with the levers of every other arm that relieve them."""
    found: list[Bottleneck] = []
    for arm in arms:
        for year in years:
            rows = ranked(arm.key, year, paths[arm.key].years[year])
            # As-now is relieved by what the last plan brings.
            plan = arm.key if arm is not arms[0] else arms[-1].key
            alone = {lever: by[year] for (name, lever), by in singles.alone.items() if name == plan}
            found += relieved(rows, paths[arms[0].key].years[year], alone)
    return tuple(found)


def _flows(arms: Sequence[Arm], paths: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(
        flow
        for arm in arms
        for year, dataset in paths[arm.key].years.items()
        for flow in flows(arm.key, year, dataset)
    )


def _costs(region: str, arms: Sequence[Arm], dataset: Any) -> tuple[Any, ...]:
    from sim.packs import load_region

    world = load_region(region, 2023)
    return tuple(cost for arm in arms for cost in lever_costs(arm, world, dataset))


def _counties(dataset: Any) -> dict[str, tuple[str, str]]:
    rows = zip(
        dataset.county.values, dataset.county_name.values, dataset.county_name_zh.values,
        strict=True,
    )  # fmt: skip
    return {str(code): (str(english), str(chinese)) for code, english, chinese in rows}


def _notes(
    arms: Sequence[Arm],
    engine: str,
    without: str,
    draws: int,
    left_out: int,
    seeds: int,
    added: set[int],
) -> tuple[tuple[str, Mapping[str, Any]], ...]:
    notes: list[tuple[str, Mapping[str, Any]]] = []
    if engine == "meanfield":
        notes.append(("note.shifted", {"seeds": seeds}) if seeds else ("note.meanfield", {}))
    if draws:
        notes.append(("note.draws", {"draws": draws}))
    elif engine == "compiled" and seeds > 1:
        notes.append(("note.seeds_only", {"seeds": seeds}))
    else:
        notes.append(("note.no_draws", {"why": without}) if without else ("note.central", {}))
    if left_out:
        notes.append(("note.draws_left_out", {"left_out": left_out}))
    if added:
        notes.append(("note.years", {"years": ", ".join(map(str, sorted(added)))}))
    base = arms[0].scenario
    notes += [
        ("note.no_change", {"name": arm.key})
        for arm in arms[1:]
        if not different_levers(arm.scenario, base)
    ]
    return tuple(notes)


def _about(arms: Sequence[Arm], paths: Mapping[str, Any], seconds: float) -> dict[str, Any]:
    first = paths[arms[0].key].manifest
    kept = ("model_version", "source_hash", "pack_hash", "engine", "schema_version")
    return {
        **{name: first[name] for name in kept if name in first},
        "keys": {arm.key: paths[arm.key].manifest.get("key", "") for arm in arms},
        "warnings": sorted({w for p in paths.values() for w in p.manifest.get("warnings", ())}),
        "seconds": seconds,
    }
