"""simulate(): one region, one year, one engine, one seed → results, checked and with provenance."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim import __version__
from sim.engines.compiled.driver import CompiledEngine
from sim.engines.kernels import episode_word as L
from sim.engines.meanfield.solver_inputs import region_inputs_of
from sim.engines.meanfield.year import NOT_GIVEN, YearResult, run_year
from sim.engines.observe import Observer
from sim.errors import Fault, InputError
from sim.identity import source_hash
from sim.packs import load_region
from sim.packs.extract import extract
from sim.parameters import beyond_range, load_parameters
from sim.population import Ledger, PopulationParameters, residents_of
from sim.population.vital_rates import load_demography
from sim.region import Region
from sim.results import GROUP_DIMENSIONS, SCHEMA_VERSION, build_dataset, import_ahead
from sim.words import text

if TYPE_CHECKING:
    import xarray as xr

ENGINES = ("compiled", "reference", "meanfield")
Progress = Callable[[str, int, int, int], None]  # stage, days done, days, visits so far


@dataclass(frozen=True)
class Run:
    """A finished run: the Dataset and its manifest (key, seed, checks, warnings, seconds)."""

    dataset: xr.Dataset
    manifest: dict[str, Any]


def run_key(region: Region, parameters: Any, engine: str, seed: int) -> str:
    """Identity of a run: the same key gives the same bytes.

    Hash of the pack, the year, the parameter values, the engine, the seed and the source.
    """
    digest = hashlib.sha256()
    for part in (region.key, str(region.year), region.pack_hash, engine, str(seed), source_hash()):
        digest.update(part.encode() + b"\0")
    digest.update(parameters.tobytes())
    return digest.hexdigest()[:16]


def simulate(
    region: str | Path | Region,
    year: int = 2023,
    *,
    engine: str = "compiled",
    seed: int = 0,
    threads: int = 2,
    townships: int = 0,
    overrides: Mapping[str, float] | None = None,
    progress: Progress | None = None,
    observer: Observer | None = None,
) -> Run:
    """Simulate one region for one calendar year, with the full population.

    region     name of a pack, a pack's folder, or a Region
    year       2020-2023
    engine     "compiled"; "meanfield": expected values, without quantiles; or "reference": the same
               model written readably, for extracts
    townships  0, or take so many whole townships out of the region (sim.packs.extract): an extract,
               not a result
    overrides  parameter values by key, see sim.parameters.load_parameters
    progress   called with (stage, days done, days, visits so far)
    observer   shown every day, see sim.engines.observe; changes no result
    raises     InputError for an unknown region, year, engine or parameter, a faulty pack, more
               townships than there are, more residents than the reference engine takes, or an
               observer of another engine than the compiled;
               RuntimeError when a conservation law does not hold (a fault in the program) or when
               the mean-field finds no fixed point (errors.NotConverged)

    >>> run = simulate("taonan", 2023)  # doctest: +SKIP
    >>> run.dataset.visits.sum().item()  # doctest: +SKIP
    """
    if engine not in ENGINES:
        raise InputError([Fault("run", 0, "engine", repr(engine), " or ".join(ENGINES))])
    if observer is not None and engine != "compiled":
        raise InputError([Fault("run", 0, "engine", engine, "compiled, which can be observed")])
    begun = time.perf_counter()

    def report(stage: str, done: int = 0, days: int = 0, visits: int = 0) -> None:
        if progress is not None:
            progress(stage, done, days, visits)

    report("pack")
    world = region if isinstance(region, Region) else load_region(region, year)
    if townships:
        world = extract(world, townships)
    parameters = load_parameters(overrides, region=world.key)
    if engine == "meanfield":
        dataset, checks, reported, more = _expected(world, parameters, seed, threads, report)
    else:
        dataset, checks, reported, more = _one_to_one(
            engine, world, parameters, seed, threads, report, observer
        )
    warnings = beyond_range(overrides or {}) + reported
    manifest = {**_manifest(world, parameters, engine, seed, checks, warnings), **more}
    manifest |= extract_stamp(townships)
    provenance(dataset, world, manifest)
    # Seconds are reported but not stored: equal runs have equal files.
    return Run(dataset, {**manifest, "seconds": time.perf_counter() - begun})


_SAID_TWICE = ("region", "seed", "pack_hash", "schema_version")  # manifest and dataset


def extract_stamp(townships: int) -> dict[str, Any]:
    """What the manifest of a run of some townships says: an extract, not a result. Of a whole
    region (0) it says nothing."""
    if not townships:
        return {}
    said = " ".join(text("run.extract", lang) for lang in ("en", "zh"))
    return {"townships": townships, "extract": said}


def provenance(dataset: xr.Dataset, world: Region, manifest: dict[str, Any]) -> None:
    """Write what a Dataset is and where it comes from into its attributes."""
    dataset.attrs |= {
        "Conventions": "CF-1.11",
        "title": f"Tiercare run: {world.name} {world.year}",
        "source": f"tiercare {__version__}, {manifest['engine']} engine",
        "run_key": manifest["key"],
        "prices": "constant 2023 yuan",
        "region_name": world.name,
        "region_name_zh": world.name_zh,
        "year": world.year,
        **{name: manifest[name] for name in (*_SAID_TWICE, "extract") if name in manifest},
    }


def _manifest(
    world: Region, parameters: Any, engine: str, seed: int, checks: dict[str, Any],
    warnings: list[str],
) -> dict[str, Any]:  # fmt: skip
    """What a run is, and what was checked."""
    return {
        "region": world.key,
        "year": world.year,
        "engine": engine,
        "seed": seed,
        "key": run_key(world, parameters, engine, seed),
        "model_version": __version__,
        "source_hash": source_hash(),
        "pack_hash": world.pack_hash,
        "schema_version": SCHEMA_VERSION,
        "residents": f"census residents of 2020 carried to 1 January {world.year}",
        "checks": checks,
        "warnings": warnings,
    }


Parts = tuple[Any, dict[str, Any], list[str], dict[str, Any]]  # dataset, checks, warnings, more


def _one_to_one(
    engine: str, world: Region, parameters: Any, seed: int, threads: int,
    report: Callable[..., None], observer: Observer | None,
) -> Parts:  # fmt: skip
    """Every resident, day by day, in an agent engine."""
    report("residents")
    population = PopulationParameters.from_table(parameters)
    residents, ledger = residents_of(world, population, seed, threads=threads)
    job = agent_engine(engine, world, parameters, residents, ledger, seed, threads, observer)
    job.progress = lambda done, days, n: report("days", done, days, n)
    with job.workers:
        before = take_census(job, "start")
        count_at_start = job.n
        del residents
        report("first day")
        import_ahead()
        tallies = job.run()
        census = {**before, **take_census(job, "end")}
        checks = conservation(job, tallies, ledger, count_at_start)
    broken = [name for name, difference in checks.items() if difference != 0]
    if broken:
        raise RuntimeError(f"conservation does not hold: {broken}; a fault in the program")
    return build_dataset(world, tallies, census), checks, run_warnings(world, tallies), {}


def _expected(
    world: Region, parameters: Any, seed: int, threads: int, report: Callable[..., None]
) -> Parts:
    """Expected flows, in the mean-field engine; the seed draws the residents only."""
    report("residents")
    population = PopulationParameters.from_table(parameters)
    residents, ledger = residents_of(world, population, seed, threads=threads)
    report("solving")
    inputs = region_inputs_of(world, parameters, residents, load_demography(world.year), ledger)
    result = run_year(inputs, parameters)
    broken = [name for name, gap in result.checks.items() if gap > 1e-9]
    if broken:
        raise RuntimeError(f"conservation does not hold: {broken}; a fault in the program")
    census = expected_census(result)
    more = {
        "residual": result.residual, "converged": True, "evaluations": result.turns,
        "not_given": list(NOT_GIVEN),
    }  # fmt: skip
    return (
        build_dataset(world, result.tallies, census), result.checks,
        run_warnings(world, result.tallies), more,
    )  # fmt: skip


def expected_census(result: YearResult) -> dict[str, Any]:
    """`take_census` at the start and end of a year of the mean-field."""
    census: dict[str, Any] = {}
    for when, counts in (("start", result.start), ("end", result.end)):
        census.update(_census(*counts, when))
    return census


def agent_engine(
    name: str, world: Region, parameters: Any, residents: Any, ledger: Ledger, seed: int,
    threads: int, observer: Observer | None,
) -> Any:  # fmt: skip
    """An agent engine by name, ready to run.

    raises  InputError for more residents than the reference engine takes
    """
    rates = load_demography(world.year)
    if name == "reference":
        from sim.engines.reference import TieredCare

        return TieredCare(
            world, seed=seed, parameters=parameters, residents=residents, ledger=ledger,
            demography=rates,
        )  # fmt: skip
    return CompiledEngine(
        world, parameters, residents, rates, ledger, seed=seed, threads=threads, observer=observer
    )  # fmt: skip


def take_census(job: Any, when: str) -> dict[str, Any]:
    """Residents alive in the region: by county, group, key group and contract; those admitted in
    the year and the chronically ill under an effective contract.

    Returns {variable: (dims, values, long name, Chinese long name)} with names ending in `when`.
    """
    by_contract, managed, admitted = job.census()
    return _census(by_contract, managed, admitted, when)


def _census(by_contract: Any, managed: Any, admitted: Any, when: str) -> dict[str, Any]:
    """`take_census` of its counts."""
    shape = (-1, 5, 2, 2, 5, 3)
    by_contract = by_contract.reshape(*shape, 2, 3)
    by_group = by_contract.sum(axis=(-1, -2))
    dims = ("county", *GROUP_DIMENSIONS)
    census = {
        "residents": (
            ("county",), by_group.sum(axis=(1, 2, 3, 4, 5)), "residents", "常住人口"
        ),
        "group_residents": (dims, by_group, "residents by group", "各人群人口"),
        "group_managed": (
            dims, managed.reshape(shape),
            "chronic patients under an effective contract, by group", "各人群慢病管理人数",
        ),
        "group_contracts": (
            (*dims, "key_group", "contract"), by_contract,
            "residents by group, key group and contract", "按人群、重点人群和签约分的人口",
        ),
    }  # fmt: skip
    if when == "end":
        census["group_admitted"] = (
            dims, admitted.reshape(shape),
            "residents discharged at least once in the year, by group", "各人群年内住过院的人数",
        )  # fmt: skip
    return {f"{name}_{when}": value for name, value in census.items()}


def conservation(job: Any, tallies: Any, ledger: Ledger, start: int) -> dict[str, int]:
    """Identities every run must satisfy, as differences that must be 0."""
    carried = ledger.start + ledger.births - ledger.deaths + ledger.moved_in - ledger.moved_out
    return {
        "people carried from the census": int(np.abs(carried - ledger.end).sum()),
        **year_conservation(job, tallies, start),
    }


def year_conservation(job: Any, tallies: Any, start: int) -> dict[str, int]:
    """Identities of one year of an agent engine, as differences that must be 0."""
    f = tallies.facility
    ward = ~job.delay
    c = tallies.county
    e = tallies.episode
    ended = e[:, [L.E_SELF_RESOLVED, L.E_SELF_UNRESOLVED, L.E_RESOLVED, L.E_UNRESOLVED,
                  L.E_DIED, L.E_MOVED, L.E_PENDING_END]].sum(axis=1)  # fmt: skip
    births, deaths, moves = tallies.people.sum(axis=0)
    alive = int(job.census()[0].sum())
    beds = (
        f[:, L.F_CENSUS_START] + f[:, L.F_ADMISSIONS] - f[:, L.F_DISCHARGES]
        - f[:, L.F_LEFT_IN_BED] - f[:, L.F_CENSUS_END]
    )[ward]  # fmt: skip
    requests = (
        f[:, L.F_WAITING_START] + f[:, L.F_BED_REQUESTS] - f[:, L.F_ADMISSIONS]
        - f[:, L.F_LEFT_QUEUE] - f[:, L.F_BACK_REFUSED] - f[:, L.F_LEFT_WAITING]
        - f[:, L.F_WAITING_END]
    )[ward]  # fmt: skip
    return {
        "people of the year": int(start + births - deaths - moves - alive),
        "episodes": int(np.abs(e[:, L.E_STARTED] + e[:, L.E_PENDING_START] - ended).sum()),
        "visits": int(f[:, L.F_VISITS].sum() - c[..., L.C_VISITS].sum()),
        "left unseen": int(f[:, L.F_UNSEEN].sum() - c[..., L.C_UNSEEN].sum()),
        "admissions": int(f[:, L.F_ADMISSIONS].sum() - c[..., L.C_ADMISSIONS].sum()),
        "beds": int(np.abs(beds).sum()),
        "bed requests": int(np.abs(requests).sum()),
        "beds over capacity": int(
            np.maximum(0, f[:, L.F_MOST_OCCUPIED] - job.most_beds)[ward].sum()
        ),
        "fen of visits": int(
            c[..., L.C_CHARGE].sum() - c[..., L.C_FUND].sum() - c[..., L.C_OUT_OF_POCKET].sum()
        ),
        "fen of visits at facilities": int(
            f[:, L.F_CHARGE_OUTPATIENT].sum() - c[..., L.C_CHARGE].sum()
        ),
        "fen of stays": int(
            c[..., L.C_STAY_CHARGE].sum() - c[..., L.C_STAY_FUND].sum()
            - c[..., L.C_STAY_OUT_OF_POCKET].sum()
        ),
        "fen of stays at facilities": int(
            f[:, L.F_CHARGE_INPATIENT].sum() - c[..., L.C_STAY_CHARGE].sum()
        ),
        "groups of residents": _group_difference(tallies),
    }  # fmt: skip


# A tally by group, the tallies by county it repeats, and whether in the own county only.
_GROUP_PAIRS = (
    (L.G_VISITS, (L.C_VISITS,), False),
    (L.G_OWN_VISITS, (L.C_VISITS,), True),
    (L.G_FIRST_CONTACTS, (L.C_FIRST_CONTACTS,), False),
    (L.G_OUT_OF_POCKET, (L.C_OUT_OF_POCKET, L.C_STAY_OUT_OF_POCKET), False),
    (L.G_FUND, (L.C_FUND, L.C_STAY_FUND), False),
    (L.G_OWN_FUND, (L.C_FUND, L.C_STAY_FUND), True),
    (L.G_TRAVEL_SECONDS, (L.C_TRAVEL_SECONDS,), False),
    (L.G_WAIT_SECONDS, (L.C_WAIT_SECONDS,), False),
    (L.G_ADMISSIONS, (L.C_ADMISSIONS,), False),
    (L.G_OWN_ADMISSIONS, (L.C_ADMISSIONS,), True),
    (L.G_DISCHARGES, (L.C_DISCHARGES,), False),
    (L.G_BED_WAIT_DAYS, (L.C_BED_WAIT_DAYS,), False),
)


def _group_difference(tallies: Any) -> int:
    """What the tallies by group and by county and month differ by, county for county and tier for
    tier; and episodes resolved and not, by group and by class."""
    c, e = tallies.county, tallies.episode
    group = tallies.group.reshape(c.shape[1], L.GROUPS, 6, L.GROUP_TALLIES).sum(axis=1)
    difference = 0
    for column, others, own in _GROUP_PAIRS:
        places = slice(0, 1) if own else slice(None)
        other = sum(c[:, :, :, places, k].sum(axis=(0, 3)) for k in others)
        difference += int(np.abs(group[..., column] - other).sum())
    for column, outcomes in (
        (L.G_RESOLVED, [L.E_RESOLVED, L.E_SELF_RESOLVED]),
        (L.G_UNRESOLVED, [L.E_UNRESOLVED, L.E_SELF_UNRESOLVED]),
    ):
        difference += abs(int(group[..., column].sum() - e[:, outcomes].sum()))
    return difference


def run_warnings(world: Region, tallies: Any) -> list[str]:
    """What a reader of the figures should know, as data."""
    warnings = []
    unseen = tallies.facility[:, L.F_UNSEEN]
    seen = tallies.facility[:, L.F_VISITS]
    for f in np.flatnonzero((unseen > 0.2 * (unseen + seen)) & (unseen > 1_000)):
        share = unseen[f] / (unseen[f] + seen[f])
        warnings.append(f"{world.facilities.name[f]}: {share:.0%} of arrivals left unseen")
    if world.year in (2020, 2021, 2022):
        warnings.append(f"{world.year} is a pandemic year: access factor applied, not a base year")
    return warnings
