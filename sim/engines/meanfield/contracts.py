"""Contracts and key groups by group of residents: within a year, and on 1 January.

Residents keep their contract as they grow older; on 1 January it is asked again who is in a key
group (small children, older people, the chronically ill and the disabled). Counts are of a county,
age band, sex, residence, income fifth and distance band; what people of a county, band, sex and
residence do is taken alike over incomes and distances.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from sim.engines.meanfield.locations import AGES, Cells, Floats
from sim.engines.meanfield.vital import STARTS
from sim.jit import kernel
from sim.parameters import one_row
from sim.rules.contract import lapse_probability, uptake_probability
from sim.rules.demography import N_AGES

_MONTHS = 12
_OTHER, _KEY = range(2)
_EFFECTIVE = 2
_OF_HELD, _OF_ALL, _KEPT = range(3)  # what a year makes of contracts
_STARTS = (*STARTS, N_AGES)
_LEAST = 1e-300


def people_by(cells: Cells, people: Floats) -> Floats:
    """People of cells (N, 5, 2, 4) by county, band, sex, residence, and well or ill:
    (counties, 5, 2, 2, 2)."""
    out = np.zeros((int(cells.county.max()) + 1, AGES, 2, 2, 2))
    _people_by(cells.county[cells.place], cells.urban[cells.place], people, out)
    return out


@kernel
def _people_by(county: Any, urban: Any, people: Any, out: Any) -> None:
    for i in range(len(people)):
        for band in range(AGES):
            for sex in range(2):
                row, here = out[county[i], band, sex, urban[i]], people[i, band, sex]
                row[0] += here[0]
                row[1] += here[1] + here[2] + here[3]


def groups_of(counts: Floats) -> Floats:
    """Counts of groups, (counties x 300, ...), by county, band, sex, residence and the fifteen
    pairs of income and distance: (counties, 5, 2, 2, 15, ...)."""
    return counts.reshape(-1, AGES, 2, 2, 15, *counts.shape[1:])


def end_of_year(
    p: Any, cells: Cells, coverage: Floats, before: Floats, after: Floats, births: Floats,
    birth: Floats,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Contracts and managed patients at the end of a year, see Cells: people as they have died,
    moved and been born, lapse and uptake by the rules; newborns are in the key group, without one.

    coverage       (parts of the year, 2) contract coverage of others and key groups
    before, after  people of cells on 1 January and 31 December;  births (counties,) of the year
    birth          (5,) births a woman-year by band
    """
    row = one_row(p)
    old, new = people_by(cells, before), people_by(cells, after)
    born = np.zeros((len(births), 2, 2))
    _born(row, old, births, birth, born)
    year = np.zeros((2, 3))
    _year_of_contracts(row, coverage, year)
    counts, managed = cells.contracts.copy(), cells.managed.copy()
    _end_of_year(
        float(p.effective_contract_share), year, old, new, born, groups_of(counts),
        groups_of(managed),
    )  # fmt: skip
    return counts, managed


@kernel
def _born(parameters: Any, people: Any, births: Any, birth: Any, out: Any) -> None:
    """Births by county, sex and residence, as mothers live: (counties, 2, 2)."""
    boys = parameters[0].boys_per_100_girls
    boys /= 100.0 + boys
    for c in range(len(births)):
        total = 0.0
        for urban in range(2):
            mothers = 0.0
            for band in range(AGES):
                women = people[c, band, 1, urban]
                mothers += (women[0] + women[1]) * birth[band]
            out[c, 0, urban] = mothers
            total += mothers
        for urban in range(2):
            own = births[c] * out[c, 0, urban] / max(total, _LEAST)
            out[c, 0, urban] = own * boys
            out[c, 1, urban] = own * (1.0 - boys)


@kernel
def _year_of_contracts(parameters: Any, coverage: Any, out: Any) -> None:
    """What a year makes of contracts, of others and key groups, (2, 3): who has one at its end, as
    parts of who has one at its start and of all; and who still has his, as a part of the former."""
    p, parts = parameters[0], coverage.shape[0]
    lapse = lapse_probability(p, 1.0 / _MONTHS)
    for key in range(2):
        # Every month some lapse and some of the others sign: linear in who has signed and in all.
        of_held, of_all, kept = 1.0, 0.0, 1.0
        for month in range(_MONTHS):
            sign = uptake_probability(p, coverage[month * parts // _MONTHS, key], 1.0 / _MONTHS)
            of_held, of_all = of_held * (1.0 - lapse - sign), of_all * (1.0 - lapse - sign) + sign
            kept *= 1.0 - lapse
        out[key, _OF_HELD], out[key, _OF_ALL], out[key, _KEPT] = of_held, of_all, kept


@kernel
def _end_of_year(
    share: float, year: Any, old: Any, new: Any, born: Any, counts: Any, managed: Any
) -> None:
    """Contracts of groups and their managed patients at the end of a year, in place.

    share  part of new contracts that is effective;  year  see `_year_of_contracts`
    old, new  see people_by, at the start and the end;  born  see `_born`
    """
    for c in range(len(counts)):
        for band in range(AGES):
            for sex in range(2):
                for urban in range(2):
                    before, after = old[c, band, sex, urban], new[c, band, sex, urban]
                    fresh = born[c, sex, urban] if band == 0 else 0.0
                    left = after[0] + after[1] - fresh
                    left /= max(before[0] + before[1], _LEAST)
                    rows = counts[c, band, sex, urban]
                    _sign(share, year, left, rows, managed[c, band, sex, urban])
                    if fresh != 0.0:
                        _add_newborns(fresh, rows)


@kernel
def _sign(share: float, year: Any, left: float, rows: Any, managed: Any) -> None:
    """A year of contracts of fifteen groups, (15, 2, 3), of whose people a part is left."""
    for k in range(len(rows)):
        before = after = 0.0
        for key in range(2):
            row, kept = rows[k, key], year[key, _KEPT]
            before += row[_EFFECTIVE]
            held = (row[1] + row[_EFFECTIVE]) * left
            total = row[0] * left + held
            signed = year[key, _OF_HELD] * held + year[key, _OF_ALL] * total
            effective = row[_EFFECTIVE] * left * kept + share * (signed - held * kept)
            row[0], row[1], row[_EFFECTIVE] = total - signed, signed - effective, effective
            after += effective
        managed[k] *= after / max(before, _LEAST)


@kernel
def _add_newborns(born: float, rows: Any) -> None:
    """Newborns into key groups without a contract, over fifteen groups as children live."""
    total = 0.0
    for k in range(len(rows)):
        for key in range(2):
            total += rows[k, key, 0] + rows[k, key, 1] + rows[k, key, 2]
    for k in range(len(rows)):
        own = 0.0
        for key in range(2):
            own += rows[k, key, 0] + rows[k, key, 1] + rows[k, key, 2]
        rows[k, _KEY, 0] += born * own / max(total, _LEAST)


def new_year(
    p: Any, cells: Cells, contracts: Floats, before: Floats, after: Floats, ages: Floats
) -> Cells:
    """Cells on 1 January with their contracts.

    contracts      at the end of the year
    before, after  people of cells at the end of the year and, a year older, a day later
    ages           residents that day by county, sex and single year of age, (counties, 2, 111)
    """
    counts, managed = contracts.copy(), np.zeros(len(contracts))
    old, new = people_by(cells, before), people_by(cells, after)
    share = np.zeros((2, *old.shape[:-1]))
    effective = np.zeros(len(cells.place))
    _new_year(one_row(p), old, new, ages, groups_of(counts), groups_of(managed), share)
    _of_cells(cells.county[cells.place], cells.urban[cells.place], cells.chronic, after, share,
              effective)  # fmt: skip
    return replace(cells, people=after, contracts=counts, managed=managed, effective=effective)


@kernel
def _new_year(
    parameters: Any, old: Any, new: Any, ages: Any, counts: Any, managed: Any, share: Any
) -> None:
    """Contracts of groups a day later, in place; writes managed patients, and the share with an
    effective contract of well and ill people, (2, counties, 5, 2, 2).

    old, new  see people_by, before and after the day;  ages  as new_year
    """
    p = parameters[0]
    for c in range(len(counts)):
        for sex in range(2):
            for urban in range(2):
                _cross(p, old[c, :, sex, urban], new[c, :, sex, urban], counts[c, :, sex, urban])
                for band in range(AGES):
                    people, rows = new[c, band, sex, urban], counts[c, band, sex, urban]
                    _ask_for_key_group(p, band, people, ages[c, sex], rows)
                    share[0, c, band, sex, urban], share[1, c, band, sex, urban] = _manage(
                        people, rows, managed[c, band, sex, urban]
                    )


@kernel
def _in_row(rows: Any, row: int) -> float:
    """People outside or inside key groups in fifteen groups, (15, 2, 3)."""
    total = 0.0
    for k in range(len(rows)):
        total += rows[k, row, 0] + rows[k, row, 1] + rows[k, row, 2]
    return total


@kernel
def _cross(p: Any, old: Any, new: Any, rows: Any) -> None:
    """People leave their age band for the next, contracts with them: bands (5, 15, 2, 3).

    Children who leave theirs are too old to be in a key group for their age.
    """
    crossing = 0.0  # into a band: what it and all older ones gain
    for band in range(AGES - 2, -1, -1):
        crossing += new[band + 1, 0] + new[band + 1, 1] - old[band + 1, 0] - old[band + 1, 1]
        for key in range(2):
            part = crossing / max(old[band, 0] + old[band, 1], _LEAST)
            if band == 0:
                in_key = crossing * (1.0 - _healthy(p, old[0], 0))
                leaving = in_key if key == _KEY else crossing - in_key
                part = _part(leaving, _in_row(rows[0], key))
            for k in range(rows.shape[1]):
                for contract in range(3):
                    moving = rows[band, k, key, contract] * part
                    rows[band, k, key, contract] -= moving
                    rows[band + 1, k, key, contract] += moving


@kernel
def _healthy(p: Any, people: Any, band: int) -> float:
    """Share of a band's well and ill people, (2,), neither ill nor disabled."""
    well = people[0] / max(people[0] + people[1], _LEAST)
    return well * (1.0 - p.disabled_share[min(band, 3)])


@kernel
def _of_age(p: Any, band: int, ages: Any) -> tuple[float, float]:
    """Share of a band whose age makes a key group, and share that has grown out of the children's
    this year; ages (111,)."""
    small, total, by_age, grown = int(p.key_group_child_below), 0.0, 0.0, 0.0
    for age in range(_STARTS[band], _STARTS[band + 1]):
        total += ages[age]
        if age < small or age >= p.key_group_age_from:
            by_age += ages[age]
        elif age == small and age > _STARTS[band]:
            grown = ages[age]
    return by_age / max(total, _LEAST), grown / max(total, _LEAST)


@kernel
def _ask_for_key_group(p: Any, band: int, people: Any, ages: Any, rows: Any) -> None:
    """It is asked who is in a key group, among the well and ill (2,) of fifteen groups (15, 2, 3):
    children grow out of theirs, others become old, ill or disabled and take along the contract
    they have."""
    everybody, healthy = people[0] + people[1], _healthy(p, people, band)
    of_age, grown = _of_age(p, band, ages)
    wanted = everybody * (1.0 - (1.0 - of_age) * healthy)
    out = _part(everybody * healthy * grown, _in_row(rows, _KEY))
    for k in range(len(rows)):
        for contract in range(3):
            moving = rows[k, _KEY, contract] * out
            rows[k, _KEY, contract] -= moving
            rows[k, _OTHER, contract] += moving
    inside, others = _in_row(rows, _KEY), _in_row(rows, _OTHER)
    coming = max(p.chronic_incidence[min(band, 3)] * others, wanted - inside)
    coming = min(max(coming, 0.0), others, wanted)
    into = _part(coming, others)
    # Who was in a row before shrinks to what is left of it: the ill die more often.
    stay_inside = (wanted - coming) / max(inside, _LEAST)
    left = 1.0 - into
    stay_outside = left * (everybody - wanted) / max(others * left, _LEAST)
    for k in range(len(rows)):
        for contract in range(3):
            moving = rows[k, _OTHER, contract] * into
            rows[k, _OTHER, contract] *= stay_outside
            rows[k, _KEY, contract] = rows[k, _KEY, contract] * stay_inside + moving


@kernel
def _part(number: float, of: float) -> float:
    """A number of people as a part of some, 0-1."""
    return min(1.0, max(0.0, number / max(of, _LEAST)))


@kernel
def _manage(people: Any, rows: Any, managed: Any) -> tuple[float, float]:
    """Shares of the well and of the ill, (2,), who have an effective contract; writes the managed
    of fifteen groups: the ill of key groups who do."""
    everybody, ill = people[0] + people[1], people[1]
    in_key = max(_in_row(rows, _KEY), _LEAST)
    effective = of_key = 0.0
    for k in range(len(rows)):
        of_key += rows[k, _KEY, _EFFECTIVE]
        effective += rows[k, _OTHER, _EFFECTIVE] + rows[k, _KEY, _EFFECTIVE]
        managed[k] = rows[k, _KEY, _EFFECTIVE] * ill / in_key
    of_ill = of_key / in_key
    return (effective - ill * of_ill) / max(everybody - ill, _LEAST), of_ill


@kernel
def _of_cells(county: Any, urban: Any, chronic: Any, people: Any, share: Any, out: Any) -> None:
    """Share with an effective contract of cells from that of well and ill people, (2, counties, 5,
    2, 2); county, urban, chronic  (N,) of cells."""
    for i in range(len(people)):
        total = effective = 0.0
        for band in range(AGES):
            for sex in range(2):
                here = people[i, band, sex]
                own = here[0] + here[1] + here[2] + here[3]
                total += own
                effective += own * share[chronic[i], county[i], band, sex, urban[i]]
        out[i] = min(1.0, max(0.0, effective / max(total, _LEAST)))
