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

from sim.compiled import kernel
from sim.engines.meanfield.places import AGES, Cells, Floats
from sim.rules.contract import lapse_probability, uptake_probability

_MONTHS = 12
_OTHER, _KEY = range(2)
_EFFECTIVE = 2
_STARTS, _PAST = (0, 15, 45, 65, 75), 111  # first year of age of the bands, and past the last
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
    start = groups_of(cells.contracts)
    old, new = (people_by(cells, x).sum(axis=-1) for x in (before, after))
    born = _born(p, old, births, birth)
    new[:, 0] -= born
    counts = start * (new / np.maximum(old, _LEAST))[..., None, None, None]
    total, held = counts.sum(axis=-1), counts[..., 1:].sum(axis=-1)
    lapse = lapse_probability(p, 1.0 / _MONTHS)
    sign = np.zeros(coverage.shape)
    _uptake(p, coverage, sign)
    # Every month some lapse and some of the others sign: linear in who has signed and in all.
    of_held, of_all = np.ones(2), np.zeros(2)
    for month in range(_MONTHS):
        now = sign[month * len(sign) // _MONTHS]
        of_held, of_all = of_held * (1.0 - lapse - now), of_all * (1.0 - lapse - now) + now
    signed = of_held * held + of_all * total
    kept = (1.0 - lapse) ** _MONTHS
    effective = counts[..., 2] * kept + p.effective_contract_share * (signed - held * kept)
    end = np.stack([total - signed, signed - effective, effective], axis=-1)
    mix = counts[:, 0].sum(axis=(-1, -2))
    mix /= np.maximum(mix.sum(axis=-1, keepdims=True), _LEAST)
    end[:, 0, ..., _KEY, 0] += born[..., None] * mix
    change = end[..., _EFFECTIVE].sum(axis=-1)
    change /= np.maximum(start[..., _EFFECTIVE].sum(axis=-1), _LEAST)
    return end.reshape(cells.contracts.shape), cells.managed * change.ravel()


@kernel
def _uptake(p: Any, coverage: Any, out: Any) -> None:
    """Chance of signing within a month at a coverage: (parts of the year, 2)."""
    for part in range(coverage.shape[0]):
        for key in range(coverage.shape[1]):
            out[part, key] = uptake_probability(p, coverage[part, key], 1.0 / _MONTHS)


def _born(p: Any, people: Floats, births: Floats, birth: Floats) -> Floats:
    """Births by county, sex and residence, as mothers live: (counties, 2, 2)."""
    mothers = (people[:, :, 1] * birth[None, :, None]).sum(axis=1)
    mothers /= np.maximum(mothers.sum(axis=1, keepdims=True), _LEAST)
    boys = p.boys_per_100_girls / (100.0 + p.boys_per_100_girls)
    by_residence: Floats = births[:, None] * mothers
    return by_residence[:, None, :] * np.array([boys, 1.0 - boys])[None, :, None]


def new_year(
    p: Any, cells: Cells, contracts: Floats, before: Floats, after: Floats, ages: Floats
) -> Cells:
    """Cells on 1 January with their contracts.

    contracts      at the end of the year
    before, after  people of cells at the end of the year and, a year older, a day later
    ages           residents that day by county, sex and single year of age, (counties, 2, 111)
    """
    old, new = (people_by(cells, x) for x in (before, after))
    counts = _crossed(p, groups_of(contracts).copy(), old, new)
    counts = _in_key_groups(p, counts, new, ages)
    people, ill = new.sum(axis=-1), new[..., 1]
    in_key = counts[..., _KEY, :].sum(axis=(-1, -2))
    of_ill = counts[..., _KEY, _EFFECTIVE].sum(axis=-1) / np.maximum(in_key, _LEAST)
    effective = counts[..., _EFFECTIVE].sum(axis=(-1, -2))
    of_well = (effective - ill * of_ill) / np.maximum(people - ill, _LEAST)
    managed = counts[..., _KEY, _EFFECTIVE] * (ill / np.maximum(in_key, _LEAST))[..., None]
    return replace(
        cells, people=after, contracts=counts.reshape(contracts.shape), managed=managed.ravel(),
        effective=_of_cells(cells, after, np.stack([of_well, of_ill])),
    )  # fmt: skip


def _crossed(p: Any, counts: Floats, old: Floats, new: Floats) -> Floats:
    """Counts after people have left their age band for the next, contracts with them.

    Children who leave theirs are too old to be in a key group for their age.
    """
    change = (new - old).sum(axis=-1)
    crossing = np.cumsum(change[:, ::-1], axis=1)[:, ::-1][:, 1:]  # into each band but the first
    people = np.maximum(old.sum(axis=-1)[:, :-1], _LEAST)
    part = np.repeat((crossing / people)[..., None], 2, axis=-1)  # of others and key groups
    by_key = counts[:, 0].sum(axis=(-1, -3))
    in_key = crossing[:, 0] * (1.0 - _healthy(p, old, 0))
    leaving = np.stack([crossing[:, 0] - in_key, in_key], axis=-1)
    part[:, 0] = np.clip(leaving / np.maximum(by_key, _LEAST), 0.0, 1.0)
    moving = counts[:, :-1] * part[..., None, :, None]
    counts[:, :-1] -= moving
    counts[:, 1:] += moving
    return counts


def _healthy(p: Any, people: Floats, band: int) -> Floats:
    """Share of a band neither ill nor disabled, (counties, 2 sexes, 2 residences)."""
    here = people[:, band]
    well = here[..., 0] / np.maximum(here.sum(axis=-1), _LEAST)
    healthy: Floats = well * (1.0 - p.disabled_share[min(band, 3)])
    return healthy


def _in_key_groups(p: Any, counts: Floats, people: Floats, ages: Floats) -> Floats:
    """Counts after it is asked who is in a key group: children grow out of theirs, others become
    old, ill or disabled and take along the contract they have."""
    small, old = int(p.key_group_child_below), int(p.key_group_age_from)
    single = np.arange(_PAST)
    by_age = (single < small) | (single >= old)
    for band, (first, last) in enumerate(zip(_STARTS, (*_STARTS[1:], _PAST), strict=True)):
        here = ages[:, :, first:last]
        total = np.maximum(here.sum(axis=-1), _LEAST)
        of_age = ((here * by_age[first:last]).sum(axis=-1) / total)[..., None]
        everybody, healthy = people[:, band].sum(axis=-1), _healthy(p, people, band)
        wanted = everybody * (1.0 - (1.0 - of_age) * healthy)
        rows = counts[:, band]
        if first < small < last:  # who grows out of it takes his contract along
            grown = everybody * healthy * (here[:, :, small - first] / total)[..., None]
            _shift(rows, _KEY, _OTHER, grown)
        by_key = rows.sum(axis=(-1, -3))
        ill = p.chronic_incidence[min(band, 3)] * by_key[..., _OTHER]
        coming = np.maximum(ill, wanted - by_key[..., _KEY])
        coming = np.clip(coming, 0.0, np.minimum(by_key[..., _OTHER], wanted))
        moved = _taken(rows, _OTHER, coming)
        # Who was in a row before shrinks to what is left of it: the ill die more often.
        for row, number in ((_KEY, wanted - coming), (_OTHER, everybody - wanted)):
            held = rows[..., row, :].sum(axis=(-1, -2))
            rows[..., row, :] *= (number / np.maximum(held, _LEAST))[..., None, None]
        rows[..., _KEY, :] += moved
    return counts


def _taken(rows: Floats, row: int, number: Floats) -> Floats:
    """So many people of a row of key groups, alike over its contracts, taken out of it."""
    held = rows[..., row, :].sum(axis=(-1, -2))
    part = np.clip(number / np.maximum(held, _LEAST), 0.0, 1.0)
    taken: Floats = rows[..., row, :] * part[..., None, None]
    rows[..., row, :] -= taken
    return taken


def _shift(rows: Floats, source: int, target: int, number: Floats) -> None:
    rows[..., target, :] += _taken(rows, source, number)


def _of_cells(cells: Cells, people: Floats, share: Floats) -> Floats:
    """Share with an effective contract of cells from that of well and ill people, (2, counties, 5,
    2, 2)."""
    county, urban = cells.county[cells.place], cells.urban[cells.place]
    each = share[cells.chronic, county, :, :, urban]
    by_band = people.sum(axis=-1)
    total = np.maximum(by_band.sum(axis=(1, 2)), _LEAST)
    mean: Floats = (by_band * each).sum(axis=(1, 2)) / total
    return np.clip(mean, 0.0, 1.0)
