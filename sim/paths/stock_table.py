"""The system dynamics month by month as a Dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.dynamics.coupling import SystemDynamics
from sim.dynamics.schedule import FIRST_YEAR
from sim.dynamics.stocks import NONE, STAGES, relative_income, whole
from sim.jit import kernel
from sim.parameters import one_row
from sim.rules.resolution import raised_capability
from sim.tiers import CLASS_KEYS, TIER_KEYS

if TYPE_CHECKING:
    import xarray as xr

# name, unit, long name, Chinese long name; by provider group
_OF_PROVIDERS = (
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
# A provider group in a month: the columns above, doctors by which its capability counts in its
# tier, and the adequacy it has gained by class.
_PROVIDER = np.dtype(
    (np.record, [
        *((name, np.float64) for name, *_ in _OF_PROVIDERS),
        *((f"{name}_whole", np.int64) for name, *_ in _WHOLE),
        ("weight", np.float64), ("adequacy", np.float64, (len(CLASS_KEYS),)),
    ])
)  # fmt: skip


class StockTable:
    """Records a SystemDynamics on the first of every month.

    providers   (N,) _PROVIDER;  region  figures of _OF_REGION;  counties  (2, C) effort and
                      surplus
    """

    def __init__(self, slow: SystemDynamics) -> None:
        self.slow = slow
        self.months: list[int] = []
        self.providers: list[Any] = []
        self.region: list[Any] = []
        self.counties: list[Any] = []

    def record(self, month: int) -> None:
        """Take the stocks of a month, after its tally and before they move on."""
        slow, s, start = self.slow, self.slow.stocks, self.slow.at_start
        drivers, now = slow.drivers, slow.providers(month)
        if drivers is None:
            raise ValueError("a month is recorded after its tally has been taken")
        rows = np.zeros(slow.n, dtype=_PROVIDER)
        _write_providers(
            one_row(slow.p), slow.links, drivers, s, start.doctors, start.nurses, start.beds,
            slow.provider_of, now.weight, now.gain, rows,
        )  # fmt: skip
        self.months.append(month)
        self.providers.append(rows)
        self.region.append((s.fund[0], s.rate[0], slow.contract_time(month)))
        self.counties.append((s.effort.copy(), drivers.surplus))

    def state(self) -> dict[str, np.ndarray]:
        """All that has been recorded, as arrays."""
        names = ("months", "region", "counties")
        saved = {name: np.array(getattr(self, name)) for name in names}
        return saved | {"providers": self._all_providers()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from what `state` gave."""
        for name, rows in state.items():
            setattr(self, name, list(rows))

    def _all_providers(self) -> np.ndarray:
        """Rows of all months, (months, N); numpy stacks records field by field, which is slow."""
        rows = b"".join(month.tobytes() for month in self.providers)
        return np.frombuffer(rows, dtype=_PROVIDER).reshape(len(self.providers), self.slow.n)

    def _capability(self, providers: np.ndarray) -> np.ndarray:
        """Capability by month, tier and need class, the mean over doctors, (months, 5, 4)."""
        tier = self.slow.links.tier
        own = np.asarray(self.slow.p.capability)
        each = raised_capability(own[tier], np.ascontiguousarray(providers["adequacy"]))
        total, sums = np.zeros((len(providers), 5, 1)), np.zeros((len(providers), 5, 4))
        for j in range(len(tier)):
            weight = providers["weight"][:, j, None]
            total[:, tier[j]] += weight
            sums[:, tier[j]] += each[:, j] * weight
        return np.where(total > 0.0, sums / np.maximum(total, 1e-9), own[:5])

    def dataset(self) -> xr.Dataset:
        """All months; provider groups by county (or `region` for city and regional tiers) and
        tier."""
        import xarray as xr

        slow = self.slow
        counties = slow.scope.region.counties
        providers, region = self._all_providers(), np.array(self.region)
        effort, surplus = np.moveaxis(np.array(self.counties), 1, 0)
        places = [*counties.code, "region"]
        place = np.where(slow.links.county < 0, len(counties.code), slow.links.county)
        variables: dict[str, Any] = {}
        for name, unit, said, said_zh in _OF_PROVIDERS:
            values = np.full((len(self.months), len(places), 5), np.nan)
            values[:, place, slow.links.tier] = providers[name]
            variables[name] = (("month", "place", "tier"), values, _attrs(unit, said, said_zh))
        for name, unit, said, said_zh in _WHOLE:
            counts = np.zeros((len(self.months), len(places), 5), dtype=np.int64)
            counts[:, place, slow.links.tier] = providers[f"{name}_whole"]
            dims = ("month", "place", "tier")
            variables[f"{name}_whole"] = (dims, counts, _attrs(unit, said, said_zh))
        for values, (name, unit, said, said_zh) in zip(region.T, _OF_REGION, strict=True):
            variables[name] = (("month",), values.copy(), _attrs(unit, said, said_zh))
        variables["effort"] = (
            ("month", "county"), effort,
            _attrs("1", "management effort", "管理投入程度"),
        )  # fmt: skip
        variables["surplus"] = (
            ("month", "county"), surplus,
            _attrs("yuan/year", "surplus kept; negative: overspend", "结余留用（负为超支分担）"),
        )  # fmt: skip
        variables["capability"] = (
            ("month", "tier", "need_class"), self._capability(providers),
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


@kernel
def _write_providers(
    parameters: Any, links: Any, drivers: Any, stocks: Any, doctors: Any, nurses: Any, beds: Any,
    provider_of: Any, weight: Any, gain: Any, out: Any,
) -> None:  # fmt: skip
    """Rows of a month, (N,) zeros.

    doctors, nurses (N,), beds (F,)  at the start;  weight (N,), gain (N, 4)  see
                                     provider_groups.ProviderGroups
    """
    for j in range(len(out)):
        row = out[j]
        row.doctors, row.practitioners = stocks.doctors[j], stocks.practitioners[j]
        row.nurses, row.posts = stocks.nurses[j], drivers.posts[j]
        for stage in range(STAGES):
            row.training += stocks.training[STAGES * j + stage]
        row.gain = stocks.gain[j]
        row.income = relative_income(parameters[0], links, drivers, stocks, j)
        row.hired, row.left, row.trained = stocks.hired[j], stocks.left[j], stocks.trained[j]
        row.moved_up, row.came_up = stocks.moved_up[j], stocks.came_up[j]
        came = stocks.hired[j] + stocks.trained[j] + stocks.came_up[j]
        row.doctors_whole = whole(doctors[j], came, stocks.left[j] + stocks.moved_up[j])
        row.nurses_whole = whole(nurses[j], stocks.nurses_hired[j], stocks.nurses_left[j])
        row.weight = weight[j]
        for k in range(gain.shape[1]):
            row.adequacy[k] = gain[j, k] + stocks.gain[j]
    for f in range(len(provider_of)):
        if provider_of[f] != NONE:
            row = out[provider_of[f]]
            row.beds += stocks.beds[f]
            row.beds_whole += whole(beds[f], stocks.opened[f], stocks.closed[f])


def _attrs(unit: str, said: str, said_zh: str) -> dict[str, str]:
    return {"units": unit, "long_name": said, "long_name_zh": said_zh}
