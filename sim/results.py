"""A run as an xarray Dataset with dimensions, units and provenance; written whole or not at all."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shutil
import threading
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.engines.kernels import episode_word as L
from sim.engines.world import WAIT_EDGES_MINUTES
from sim.errors import Fault, InputError
from sim.tiers import CLASS_KEYS, KIND_KEYS, TIER_KEYS

if TYPE_CHECKING:
    import xarray as xr

SCHEMA_VERSION = 2
PLACE_KEYS = ("own_county", "elsewhere_in_region", "outside_region")
AGE_KEYS = ("0_14", "15_44", "45_64", "65_74", "75plus")
CONTRACT_KEYS = ("none", "nominal", "effective")
GROUP_DIMENSIONS = ("age_band", "sex", "residence", "income", "distance_band")
GROUP_COORDINATES = {
    "age_band": AGE_KEYS,
    "sex": ("male", "female"),
    "residence": ("rural", "urban"),
    "income": ("1", "2", "3", "4", "5"),
    "distance_band": ("near", "middle", "far"),
}
_GROUP_SHAPE = tuple(len(keys) for keys in GROUP_COORDINATES.values())

# name, column, unit, long name, Chinese long name
_COUNTY_VARIABLES = (
    ("visits", L.C_VISITS, "1", "visits", "诊疗人次"),
    ("visit_charge", L.C_CHARGE, "fen", "charges of visits", "门急诊费用"),
    ("visit_fund", L.C_FUND, "fen", "fund payments for visits", "门急诊基金支付"),
    ("visit_out_of_pocket", L.C_OUT_OF_POCKET, "fen", "out-of-pocket for visits", "门急诊个人支付"),
    ("travel_seconds", L.C_TRAVEL_SECONDS, "s", "return travel to visits", "就诊往返时间"),
    ("wait_seconds", L.C_WAIT_SECONDS, "s", "waiting before the consult", "候诊时间"),
    ("first_contacts", L.C_FIRST_CONTACTS, "1", "first contacts of episodes", "首诊人次"),
    ("referrals", L.C_REFERRALS, "1", "referrals up issued", "上转人次"),
    ("left_unseen", L.C_UNSEEN, "1", "left without being seen", "未就诊离开人次"),
    ("admissions", L.C_ADMISSIONS, "1", "admissions", "入院人次"),
    ("discharges", L.C_DISCHARGES, "1", "discharges", "出院人次"),
    ("stay_charge", L.C_STAY_CHARGE, "fen", "charges of stays", "住院费用"),
    ("stay_fund", L.C_STAY_FUND, "fen", "fund payments for stays", "住院基金支付"),
    (
        "stay_out_of_pocket",
        L.C_STAY_OUT_OF_POCKET,
        "fen",
        "out-of-pocket for stays",
        "住院个人支付",
    ),
    ("bed_wait_days", L.C_BED_WAIT_DAYS, "day", "days waited for a bed", "候床天数"),
)
_GROUP_VARIABLES = (
    ("visits", L.G_VISITS, "1", "visits", "诊疗人次"),
    ("own_visits", L.G_OWN_VISITS, "1", "visits in the own county", "本县域内诊疗人次"),
    ("first_contacts", L.G_FIRST_CONTACTS, "1", "first contacts of episodes", "首诊人次"),
    ("out_of_pocket", L.G_OUT_OF_POCKET, "fen", "out-of-pocket, visits and stays", "个人支付"),
    ("fund", L.G_FUND, "fen", "fund payments, visits and stays", "基金支付"),
    ("own_fund", L.G_OWN_FUND, "fen", "fund payments in the own county", "本县域内基金支付"),
    ("travel_seconds", L.G_TRAVEL_SECONDS, "s", "return travel to visits", "就诊往返时间"),
    ("wait_seconds", L.G_WAIT_SECONDS, "s", "waiting before the consult", "候诊时间"),
    ("admissions", L.G_ADMISSIONS, "1", "admissions", "入院人次"),
    ("own_admissions", L.G_OWN_ADMISSIONS, "1", "admissions in the own county", "本县域内入院人次"),
    ("unresolved", L.G_UNRESOLVED, "1", "episodes ended unresolved", "未解决病程"),
    ("resolved", L.G_RESOLVED, "1", "episodes ended resolved", "已解决病程"),
    ("discharges", L.G_DISCHARGES, "1", "discharges", "出院人次"),
    ("stay_days", L.G_STAY_DAYS, "day", "days of those discharged", "出院者占用总床日数"),
    ("bed_wait_days", L.G_BED_WAIT_DAYS, "day", "days waited for a bed", "候床天数"),
    (
        "managed_admissions",
        L.G_MANAGED_ADMISSIONS,
        "1",
        "admissions of chronic patients under an effective contract",
        "慢病管理人群入院人次",
    ),
)
_FACILITY_VARIABLES = (
    ("facility_visits", L.F_VISITS, "1", "visits", "诊疗人次"),
    ("facility_left_unseen", L.F_UNSEEN, "1", "left without being seen", "未就诊离开人次"),
    ("facility_wait_seconds", L.F_WAIT_SECONDS, "s", "waiting before the consult", "候诊时间"),
    ("facility_consult_seconds", L.F_SERVICE_SECONDS, "s", "consulting time", "接诊时间"),
    ("facility_emergencies", L.F_EMERGENCIES, "1", "critical visits", "危急重症人次"),
    ("facility_referred_in", L.F_REFERRED_IN, "1", "visits on referral", "接收转诊人次"),
    ("facility_admissions", L.F_ADMISSIONS, "1", "admissions", "入院人次"),
    ("facility_discharges", L.F_DISCHARGES, "1", "discharges", "出院人次"),
    ("facility_stay_days", L.F_STAY_DAYS, "day", "days of those discharged", "出院者占用总床日数"),
    ("facility_bed_days", L.F_BED_DAYS, "day", "beds occupied at midnight", "实际占用总床日数"),
    ("facility_open_bed_days", L.F_OPEN_BED_DAYS, "day", "open beds", "实际开放总床日数"),
    ("facility_most_occupied", L.F_MOST_OCCUPIED, "1", "largest midnight census", "最高在院人数"),
    ("facility_bed_wait_days", L.F_BED_WAIT_DAYS, "day", "days waited for a bed", "候床天数"),
    ("facility_left_bed_queue", L.F_LEFT_QUEUE, "1", "went elsewhere for a bed", "候床转院人次"),
    ("facility_transfers_out", L.F_TRANSFERS_OUT, "1", "transfers up", "上转住院人次"),
    ("facility_transfers_in", L.F_TRANSFERS_IN, "1", "transfers received", "接收上转住院人次"),
    ("facility_back_sent", L.F_BACK_SENT, "1", "back-referrals sent", "下转人次"),
    ("facility_back_received", L.F_BACK_RECEIVED, "1", "back-referrals received", "接收下转人次"),
    ("facility_visit_charge", L.F_CHARGE_OUTPATIENT, "fen", "charges of visits", "门急诊费用"),
    ("facility_stay_charge", L.F_CHARGE_INPATIENT, "fen", "charges of stays", "住院费用"),
)
_EPISODE_KEYS = (
    "started", "self_resolved", "self_unresolved", "resolved", "unresolved", "died", "moved",
    "first_primary", "contacted", "pending_start", "pending_end",
)  # fmt: skip
_COORDINATE_NAMES = {
    "month": ("calendar month", "月份"),
    "county": ("division code of the county of residence", "居住县（市、区、旗）行政区划代码"),
    "county_name": ("county", "县（市、区、旗）"),
    "county_name_zh": ("county, in Chinese", "县（市、区、旗）中文名"),
    "county_is_district": ("1: an urban district", "1：市辖区"),
    "tier": ("tier of the facility", "机构层级"),
    "place": (
        "place of the facility, seen from the county of residence",
        "机构所在地（相对居住县）",
    ),
    "need_class": ("class of need", "需要类别"),
    "outcome": ("outcome of episodes", "病程结局"),
    "event": ("vital event", "人口事件"),
    "key_group": ("in a key group of family-doctor contracts", "是否签约服务重点人群"),
    "contract": ("family-doctor contract", "家庭医生签约"),
    "age_band": ("age, years", "年龄（岁）"),
    "sex": ("sex", "性别"),
    "residence": ("residence", "城乡"),
    "income": (
        "fifth of income within urban or rural residents, 1 lowest",
        "城乡内收入五等份，1为最低",
    ),
    "distance_band": ("distance to the county hospital", "距县级医院远近"),
    "facility": ("key of the facility", "机构标识"),
    "facility_name": ("facility", "机构"),
    "facility_name_zh": ("facility, in Chinese", "机构中文名"),
    "facility_tier": ("tier, index of dimension tier", "层级，为tier维序号"),
    "facility_kind": ("kind of the facility", "机构类型"),
    "facility_county": (
        "county, index of dimension county; -1 none",
        "所在县，为county维序号，-1为无",
    ),
    "wait_edge_minutes": ("upper edge of the waiting-time bin", "候诊时间组上限"),
}


def import_ahead() -> None:
    """Begin to read what results need, for a run that is about to begin: its kernels hold the cores
    but not the interpreter."""
    threading.Thread(target=importlib.import_module, args=("xarray",), daemon=True).start()


def build_dataset(region: Any, tallies: Any, census: dict[str, np.ndarray]) -> xr.Dataset:
    """The Dataset of one run; all counts int64, money in fen.

    census  population at the start and end of the year, see sim.run.take_census
    """
    import xarray as xr

    variables: dict[str, Any] = {}

    def add(name: str, dims: tuple[str, ...], values: Any, unit: str, en: str, zh: str) -> None:
        attributes = {"units": unit, "long_name": en, "long_name_zh": zh}
        variables[name] = (dims, np.asarray(values), attributes)

    for name, column, unit, en, zh in _COUNTY_VARIABLES:
        dims = ("month", "county", "tier", "place")
        add(name, dims, tallies.county[..., column], unit, en, zh)
    for name, column, unit, en, zh in _GROUP_VARIABLES:
        values = tallies.group[..., column].reshape(-1, *_GROUP_SHAPE, 6)
        add(f"group_{name}", ("county", *GROUP_DIMENSIONS, "tier"), values, unit,
            f"{en}, by group", f"各人群{zh}")  # fmt: skip
    for name, column, unit, en, zh in _FACILITY_VARIABLES:
        add(name, ("facility",), tallies.facility[:, column], unit, en, zh)
    add("waits", ("facility", "wait_bin"), tallies.histogram, "1",
        "visits by waiting time", "按候诊时间分的诊疗人次")  # fmt: skip
    add("episodes", ("need_class", "outcome"), tallies.episode, "1", "episodes", "病程")
    add("vital_events", ("county", "event"), tallies.people, "1",
        "births, deaths and moves out", "出生、死亡和迁出")  # fmt: skip
    for name, (axes, values, en, zh) in census.items():
        add(name, axes, values, "1", en, zh)
    f = region.facilities
    add("facility_beds", ("facility",), f.beds, "1", "open beds", "开放床位")
    add("facility_doctors", ("facility",), f.doctors, "1", "doctors", "执业（助理）医师")
    add("facility_withdrawn", ("facility",), f.withdrawn, "1",
        "share of rooms and beds used by non-residents", "非本地居民占用份额")  # fmt: skip
    add("facility_is_delay", ("facility",), f.is_delay.astype(np.int8), "1",
        "1: no queue and no bed limit", "1：不设队列和床位限制")  # fmt: skip
    return xr.Dataset(variables, coords=_coordinates(region))


_COORDINATES: dict[tuple[int, ...], tuple[Any, Any]] = {}  # by identity: what they are of, and they
_COORDINATES_KEPT = 12


def _coordinates(region: Any) -> Any:
    """Coordinates with their names, made once for the same facilities: their indexes take longer
    than all the rest of a Dataset."""
    f = region.facilities
    of = region.counties, f.key, f.name, f.name_zh, f.tier, f.kind, f.county
    key = tuple(map(id, of))
    cached = _COORDINATES.get(key)
    if cached is None:
        if len(_COORDINATES) >= _COORDINATES_KEPT:
            _COORDINATES.clear()
        cached = _COORDINATES[key] = of, _new_coordinates(region)
    return cached[1].copy()


def _new_coordinates(region: Any) -> Any:
    import xarray as xr

    dataset = xr.Dataset(coords=_coordinate_values(region))
    for name, (en, zh) in _COORDINATE_NAMES.items():
        dataset[name].attrs.update(long_name=en, long_name_zh=zh)
    for name, unit in (("wait_edge_minutes", "min"), ("month", "1"), ("county_is_district", "1")):
        dataset[name].attrs["units"] = unit
    return dataset.coords


def _coordinate_values(region: Any) -> dict[str, Any]:
    counties, f = region.counties, region.facilities
    return {
        "month": np.arange(1, 13),
        "county": list(counties.code),
        "county_name": ("county", list(counties.name)),
        "county_name_zh": ("county", list(counties.name_zh)),
        "county_is_district": ("county", counties.is_district.astype(np.int8)),
        "tier": list(TIER_KEYS),
        "place": list(PLACE_KEYS),
        "need_class": list(CLASS_KEYS),
        "outcome": list(_EPISODE_KEYS),
        "event": ["births", "deaths", "moves_out"],
        "key_group": ["other", "key"],
        "contract": list(CONTRACT_KEYS),
        "facility": list(f.key),
        "facility_name": ("facility", list(f.name)),
        "facility_name_zh": ("facility", list(f.name_zh)),
        "facility_tier": ("facility", f.tier),
        "facility_kind": ("facility", [KIND_KEYS[kind] for kind in f.kind]),
        "facility_county": ("facility", f.county),
        "wait_edge_minutes": ("wait_bin", WAIT_EDGES_MINUTES),
        **{name: list(keys) for name, keys in GROUP_COORDINATES.items()},
    }


def publish(dataset: xr.Dataset, manifest: dict[str, Any], folder: Path) -> Path:
    """Write `results.nc` and `manifest.json` to `folder` / run key, atomically.

    Everything goes to a temporary folder beside it, the manifest with the checksum last; one
    rename publishes it. A run that is there already is left as it is: its key says it is equal.

    raises  OSError when the folder cannot be written; nothing half-written is left
    """
    target = folder / str(manifest["key"])
    if (target / "manifest.json").exists():
        return target
    scratch = folder / f".tmp-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    scratch.mkdir(parents=True)
    try:
        path = scratch / "results.nc"
        encoding = {name: {"zlib": True, "complevel": 4} for name in dataset.data_vars}
        dataset.to_netcdf(path, engine="h5netcdf", encoding=encoding)
        checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        document = {**manifest, "files": {"results.nc": checksum}}
        text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
        (scratch / "manifest.json").write_text(text + "\n", encoding="utf-8")
        for name in ("results.nc", "manifest.json"):
            with (scratch / name).open("rb") as stream:
                os.fsync(stream.fileno())
        scratch.rename(target)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return target


def open_results(folder: Path) -> xr.Dataset:
    """Read a published run.

    The checksum in the manifest must match, so that half a file is never read as a result.

    raises  InputError when the run is not whole: no manifest, no file, or another checksum
    """
    import xarray as xr

    manifest = folder / "manifest.json"
    if not manifest.exists():
        raise InputError([Fault(str(manifest), 0, "", "no manifest", "a published run")])
    expected = json.loads(manifest.read_text(encoding="utf-8"))["files"]["results.nc"]
    path = folder / "results.nc"
    got = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "no file"
    if got != expected:
        hint = "The file is damaged: delete the folder and run again."
        raise InputError([Fault(str(path), 0, "checksum", got, expected, hint)])
    with xr.open_dataset(path, engine="h5netcdf") as dataset:
        return dataset.load()
