"""The slow world month by month as a Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.course import FIRST_YEAR
from sim.handover import SlowWorld
from sim.stocks import relative_incomes
from sim.tiers import CLASS_KEYS, TIER_KEYS

if TYPE_CHECKING:
    import xarray as xr

# name, unit, long name, Chinese long name; by node
_OF_NODES = (
    ("doctors", "persons", "doctors", "执业（助理）医师"),
    ("practitioners", "persons", "general practitioners", "全科医生"),
    ("nurses", "persons", "registered nurses", "注册护士"),
    ("posts", "persons", "doctors as published", "公布的执业（助理）医师"),
    ("training", "persons", "students in training", "定向培养在读人数"),
    ("beds", "beds", "beds", "床位"),
    ("gain", "1", "adequacy gained by staff and volume", "人员与业务量带来的能力提升"),
    ("income", "1", "income a head over the reference year", "人均收入（与基准年之比）"),
    ("hired", "persons", "doctors recruited since the start", "累计招聘医师"),
    ("left", "persons", "doctors who left since the start", "累计流失医师"),
    ("moved_up", "persons", "doctors who moved to the tier above", "累计上流医师"),
    ("came_up", "persons", "doctors who came from the tier below", "累计自下级流入医师"),
    ("trained", "persons", "doctors trained since the start", "累计定向培养到岗医师"),
)
_WHOLE = (
    ("doctors", "persons", "doctors in whole persons", "执业（助理）医师（整数）"),
    ("nurses", "persons", "nurses in whole persons", "注册护士（整数）"),
    ("beds", "beds", "beds, whole", "床位（整数）"),
)
_OF_REGION = (
    ("fund", "yuan", "reserve of the insurance fund", "医保基金累计结余"),
    ("rate", "1", "factor on reimbursement rates", "报销比例系数"),
    ("contract_time", "1", "doctors' time that added contracts take", "新增签约占用医师时间"),
)


class StockTable:
    """Records a SlowWorld on the first of every month."""

    def __init__(self, slow: SlowWorld) -> None:
        self.slow = slow
        self.months: list[int] = []
        self.nodes: dict[str, list[Any]] = {name: [] for name, *_ in _OF_NODES}
        self.region: dict[str, list[float]] = {name: [] for name, *_ in _OF_REGION}
        self.whole: dict[str, list[Any]] = {name: [] for name, *_ in _WHOLE}
        self.effort: list[Any] = []
        self.surplus: list[Any] = []
        self.capability: list[Any] = []

    def record(self, month: int) -> None:
        """Take the stocks of a month, after its tally and before they move on."""
        slow, s = self.slow, self.slow.stocks
        self.months.append(month)
        drivers = slow.drivers
        if drivers is None:
            raise ValueError("a month is recorded after its tally has been taken")
        for name in ("doctors", "practitioners", "nurses", "gain", "hired", "left", "moved_up",
                     "came_up", "trained"):  # fmt: skip
            self.nodes[name].append(getattr(s, name).copy())
        self.nodes["posts"].append(drivers.posts.copy())
        self.nodes["training"].append(s.training.reshape(slow.n, -1).sum(axis=1))
        self.nodes["beds"].append(slow.by_node(s.beds))
        income = np.zeros(slow.n)
        relative_incomes(slow.p, slow.links, drivers, s, income)
        self.nodes["income"].append(income)
        for name, values in slow.whole_stocks().items():
            self.whole[name].append(values)
        self.region["fund"].append(float(s.fund[0]))
        self.region["rate"].append(float(s.rate[0]))
        self.region["contract_time"].append(slow.contract_time(month))
        self.effort.append(s.effort.copy())
        self.surplus.append(drivers.surplus.copy())
        self.capability.append(slow.capability(month))

    def state(self) -> dict[str, np.ndarray]:
        """All that has been recorded, as arrays."""
        held = {f"node_{name}": np.array(rows) for name, rows in self.nodes.items()}
        held |= {f"whole_{name}": np.array(rows) for name, rows in self.whole.items()}
        held |= {f"region_{name}": np.array(rows) for name, rows in self.region.items()}
        for name in ("months", "effort", "surplus", "capability"):
            held[name] = np.array(getattr(self, name))
        return held

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from what `state` gave."""
        self.nodes = {name: list(state[f"node_{name}"]) for name in self.nodes}
        self.region = {name: state[f"region_{name}"].tolist() for name in self.region}
        self.whole = {name: list(state[f"whole_{name}"]) for name in self.whole}
        self.months = state["months"].tolist()
        for name in ("effort", "surplus", "capability"):
            setattr(self, name, list(state[name]))

    def dataset(self) -> xr.Dataset:
        """All months; nodes by county (or `region` for city and regional tiers) and tier."""
        import xarray as xr

        slow = self.slow
        counties = slow.scope.region.counties
        places = [*counties.code, "region"]
        place = np.where(slow.links.county < 0, len(counties.code), slow.links.county)
        variables: dict[str, Any] = {}
        for name, unit, said, said_zh in _OF_NODES:
            values = np.full((len(self.months), len(places), 5), np.nan)
            values[:, place, slow.links.tier] = np.array(self.nodes[name])
            variables[name] = (("month", "place", "tier"), values, _attrs(unit, said, said_zh))
        for name, unit, said, said_zh in _WHOLE:
            counts = np.zeros((len(self.months), len(places), 5), dtype=np.int64)
            counts[:, place, slow.links.tier] = np.array(self.whole[name])
            dims = ("month", "place", "tier")
            variables[f"{name}_whole"] = (dims, counts, _attrs(unit, said, said_zh))
        for name, unit, said, said_zh in _OF_REGION:
            variables[name] = (("month",), np.array(self.region[name]), _attrs(unit, said, said_zh))
        variables["effort"] = (
            ("month", "county"), np.array(self.effort),
            _attrs("1", "management effort", "管理投入程度"),
        )  # fmt: skip
        variables["surplus"] = (
            ("month", "county"), np.array(self.surplus),
            _attrs("yuan/year", "surplus kept; negative: overspend", "结余留用（负为超支分担）"),
        )  # fmt: skip
        variables["capability"] = (
            ("month", "tier", "need_class"), np.array(self.capability),
            _attrs("1", "capability, mean over doctors", "服务能力（按医师加权）"),
        )  # fmt: skip
        names = [f"{FIRST_YEAR + month // 12}-{month % 12 + 1:02d}" for month in self.months]
        months = np.array(names, dtype="datetime64[M]").astype("datetime64[ns]")
        return xr.Dataset(
            variables,
            coords={
                "month": months, "place": places, "tier": list(TIER_KEYS[:5]),
                "county": list(counties.code), "need_class": list(CLASS_KEYS),
            },
        )  # fmt: skip


def _attrs(unit: str, said: str, said_zh: str) -> dict[str, str]:
    return {"units": unit, "long_name": said, "long_name_zh": said_zh}
