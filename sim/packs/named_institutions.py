"""What the regions' plans name or count: hospitals, centres, sub-centres, alliances, consortia.

Stored in `sim/data/institutions.csv`, one row each with the words of the plan it comes from. Levers
on the structure of care (fifteen sub-centres, a centre that opens) start from these rows.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import Any

from sim.packs.observed import DATA

INSTITUTIONS = DATA / "institutions.csv"
CATALOGUE = DATA / "plan_catalogue.csv"
PLANS = {
    "chifeng": "赤峰市进一步完善医疗卫生服务体系实施方案 (赤政办发〔2024〕38号)",
    "taonan": '洮南市"十四五"医疗卫生服务体系规划',
    "liaocheng": "聊城市进一步完善医疗卫生服务体系的实施方案 (聊政办字〔2024〕10号)",
    "suining": "遂宁市建设优质高效医疗卫生服务体系实施方案(征求意见稿, 2024, 机构名称多已隐去)",
    "bayannur": '巴彦淖尔市"十四五"卫生与健康事业发展规划',
}
KINDS = (
    "regional_centre", "regional_centre_aim", "provincial_centre", "city_hospital",
    "specialist_hospital", "university_hospital", "psychiatric_hospital", "county_hospital",
    "community_hospital", "regional_subcentre", "county_subcentre", "urban_group", "alliance",
    "county_consortium",
)  # fmt: skip
LEVELS = ("tertiary_a", "tertiary", "secondary_a", "secondary", "not_stated")
STAGES = ("existing", "project", "target")
SIMULATED = ("alone", "within", "no")


@dataclass(frozen=True, slots=True)
class Institution:
    """A row of institutions.csv.

    county     division code, `city` for the whole city, `all` for its counties together
    level      as the plan prints it, `not_stated` where it does not
    beds       beds the plan prints for it, 0 for none printed
    count      how many there are or shall be, 0 where the plan prints no number
    stage      existing, project (being built or organised), target
    year       year the stage refers to, 0 where none is printed
    facility   key of the pack's facility that stands for it or leads it, `none`
    simulated  alone: the facility is this one; within: folded into it; no
    clause     place in the plan; catalogue: its row in plan_catalogue.csv
    printed    words of the plan that name it
    """

    region: str
    key: str
    kind: str
    name: str
    name_zh: str
    county: str
    level: str
    beds: int
    count: int
    stage: str
    year: int
    facility: str
    simulated: str
    clause: str
    catalogue: str
    printed: str
    status: str


@cache
def institutions() -> tuple[Institution, ...]:
    """Every row of institutions.csv, in the order of the file."""
    with INSTITUTIONS.open(encoding="utf-8", newline="") as stream:
        rows: list[dict[str, Any]] = list(csv.DictReader(stream))
    for row in rows:
        row.update({name: int(row[name]) for name in ("beds", "count", "year")})
    return tuple(Institution(**row) for row in rows)


def named_in(region: str) -> tuple[Institution, ...]:
    """What the plan of a region names or counts; empty for a region without a plan.

    >>> next(row.count for row in named_in("suining") if row.kind == "county_subcentre")
    15
    """
    return tuple(row for row in institutions() if row.region == region)
