"""The menu of every choice set: what its facilities offer each kind of patient today.

Villages share few sets of county, city, regional and outside facilities, and patients come in few
kinds, so what does not depend on the resident is added up once a day.
"""

from __future__ import annotations

import math
from typing import Any

from sim.engines.record_types import FIRST_SHARED
from sim.jit import kernel
from sim.rules.choice import ABSENT, shared_constant
from sim.rules.consult import EMERGENCY_POOL, N_POOLS
from sim.tiers import BEYOND, CRITICAL, HOSPITALS, N_ALTERNATIVES, N_CLASSES, Alternative

_COUNTY_FIRST, _CITY_FIRST, _LAST = HOSPITALS, BEYOND, N_ALTERNATIVES
_CITY_LAST = int(Alternative.REGIONAL)  # one past the cities
_CLINICS = N_POOLS - 1
_EMERGENCIES = 3 * 3 * 2 * _CLINICS
MENU_ROWS = _EMERGENCIES + 3 * 2


@kernel
def menu_row(need_class: int, scope: int, insurance: int, pool: int) -> int:
    """Row of a menu for a kind of patient; the pool matters outside emergencies only."""
    if need_class == CRITICAL:
        return _EMERGENCIES + 2 * scope + insurance
    return ((3 * need_class + scope) * 2 + insurance) * _CLINICS + pool


@kernel
def is_shut(facilities: Any, published: Any, f: int) -> bool:
    """Is there nobody for an emergency today: no emergency pool, and the clinics are closed?"""
    if facilities[f].pooled or facilities[f].delay:
        return False
    return published[f].open_seconds[0, 0] + published[f].open_seconds[0, 1] == 0


@kernel
def is_offered(facilities: Any, published: Any, f: int, need_class: int, scope: int) -> bool:
    """Does facility f, -1 for none, take such a patient today?"""
    if f < 0 or (facilities[f].takes >> (3 * need_class + scope)) & 1 == 0:
        return False
    return need_class < CRITICAL or not is_shut(facilities, published, f)


@kernel
def write_menus(
    parameters: Any, facilities: Any, sets: Any, published: Any, first: int, last: int, menu: Any,
    yuan: Any,
) -> None:  # fmt: skip
    """Menus of choice sets first..last.

    parameters  a table of one row
    sets  (sets, 9) facilities of the alternatives from the county tier up, -1 for none
    menu  (sets, MENU_ROWS, 12) written: utility but for the resident's own part, self-care first;
          ABSENT where an alternative is not offered; the village's own two stay 0
    yuan  (sets, 2 insurance, 2 cap left or exhausted, 12) written: out-of-pocket of a visit
    """
    p = parameters[0]
    for s in range(first, last):
        for need_class in range(N_CLASSES):
            for scope in range(3):
                for insurance in range(2):
                    pools = 1 if need_class == CRITICAL else _CLINICS
                    for pool in range(pools):
                        row = menu[s, menu_row(need_class, scope, insurance, pool)]
                        at = EMERGENCY_POOL if need_class == CRITICAL else pool
                        row[0] = p.self_care_constant[need_class]
                        row[1] = row[2] = 0.0
                        _offer(
                            facilities, sets[s], published, need_class, scope, insurance, at, row
                        )
                _share(p, facilities, sets[s], need_class, scope, menu[s])
        for insurance in range(2):
            for exhausted in range(2):
                for j in range(FIRST_SHARED, _LAST):
                    f = sets[s, j - FIRST_SHARED]
                    price = published[f].visit_yuan[insurance, exhausted] if f >= 0 else 0.0
                    yuan[s, insurance, exhausted, j + 1] = price


@kernel
def _offer(
    facilities: Any, facility: Any, published: Any, need_class: int, scope: int, insurance: int,
    pool: int, row: Any,
) -> None:  # fmt: skip
    """Utilities that a set's facilities offer a kind of patient."""
    for j in range(FIRST_SHARED, _LAST):
        f = facility[j - FIRST_SHARED]
        row[j + 1] = ABSENT
        if is_offered(facilities, published, f, need_class, scope):
            pool_here = pool if facilities[f].pooled else 0
            row[j + 1] = published[f].utility[need_class, pool_here, insurance]


@kernel
def _share(p: Any, facilities: Any, facility: Any, need_class: int, scope: int, menu: Any) -> None:
    """Facilities of one tier share its constant by size; only two tiers offer more than one."""
    for first, last, nest in (
        (_COUNTY_FIRST, _CITY_FIRST, 1.0),
        (_CITY_FIRST, _CITY_LAST, p.outside_nest),
    ):
        sample = menu[menu_row(need_class, scope, 0, 0)]
        size = 0.0
        for j in range(first, last):
            if sample[j + 1] > ABSENT:
                size += facilities[facility[j - FIRST_SHARED]].doctors
        if size == 0.0:
            continue
        log_size = math.log(size)
        for insurance in range(2):
            for pool in range(1 if need_class == CRITICAL else _CLINICS):
                row = menu[menu_row(need_class, scope, insurance, pool)]
                for j in range(first, last):
                    if row[j + 1] > ABSENT:
                        own = facilities[facility[j - FIRST_SHARED]].log_doctors
                        row[j + 1] += shared_constant(own, log_size, nest)
