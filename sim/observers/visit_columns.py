"""The columns of the visit and stay records: one table of names, types, units and meanings.

`docs/visit-log.md` is this table in words (a test compares them); write it again with

    python -c "from sim.observers.visit_columns import data_dictionary as d; print(d(), end='')"
"""

from __future__ import annotations

from typing import NamedTuple

from sim.observers.outcomes import ASKED_FOR, ENDING, OUTCOME, STAY_KIND
from sim.results import PLACE_KEYS
from sim.tiers import CLASS_KEYS, TIER_KEYS

SCHEMA_VERSION = 1
RESIDENCE = ("rural", "urban")
SEX = ("male", "female")
INSURANCE = ("employee", "resident")
CHRONIC = ("none", "controlled", "uncontrolled", "advanced")
CONTRACT = ("none", "nominal", "effective")
# Those of the parameter table, then one for facilities without departments.
POOL = ("internal", "surgery", "women_children", "tcm", "other", "emergency", "general")
FATE = ("seen", "unseen")


class Column(NamedTuple):
    """One column. `type` is an Arrow type or `category`, whose words are then in `words`."""

    name: str
    type: str
    unit: str
    en: str
    zh: str
    words: tuple[str, ...] = ()


def _category(name: str, words: tuple[str, ...], en: str, zh: str) -> Column:
    return Column(name, "category", "", en, zh, words)


_WHO = (
    Column("resident", "int32", "", "row of the resident, 0 on; newborns after all others; "
           "what `trace --resident` takes", "居民序号，从0起，新生儿排在最后；即 trace --resident 的编号"),
    Column("identity", "uint32", "", "the person's key, the same in every year and scenario",
           "居民标识，各年份、各情景一致"),
    Column("county", "names", "", "six-digit code of the county of residence",
           "居住地县（市、区、旗）行政区划代码"),
    Column("township", "names", "", "township of residence", "居住地乡镇（街道）"),
    Column("village", "int32", "", "village of residence, row of villages.csv from 0",
           "居住地村（社区），villages.csv 的行号，从0起"),
    _category("residence", RESIDENCE, "rural or urban village", "农村或城镇"),
    Column("age", "uint8", "year", "age on 1 January", "1月1日周岁"),
    _category("sex", SEX, "sex", "性别"),
    Column("income", "uint8", "fifth", "income fifth, 1 poorest", "收入五分位，1为最低"),
    _category("insurance", INSURANCE, "insurance scheme", "参保类型：职工医保、居民医保"),
    _category("chronic", CHRONIC, "chronic state on the day of the record", "记录当日慢病状态"),
    _category("contract", CONTRACT, "family-doctor contract on the day of the record",
              "记录当日家庭医生签约状态"),
)  # fmt: skip
_EPISODE = (
    _category("need_class", CLASS_KEYS, "need class of the episode", "需求类别"),
    Column("difficulty", "float64", "1", "difficulty of the episode, 0 to 1, for its whole life",
           "病情难度，0至1，病程内不变"),
    Column("onset", "date32", "", "day the illness began", "发病日期"),
    Column("episode", "int16", "", "number of the episode among those the resident's month drew",
           "当月候选病程序号"),
)  # fmt: skip
_WHERE = (
    Column("facility", "names", "", "key of the facility", "机构编码"),
    Column("facility_name", "names", "", "name of the facility", "机构名称（英文）"),
    Column("facility_name_zh", "names", "", "name of the facility in Chinese", "机构名称"),
    _category("tier", TIER_KEYS, "tier of the facility", "机构层级"),
    _category("place", PLACE_KEYS, "where it lies, seen from the county of residence",
              "机构所在地（相对居住县）"),
)  # fmt: skip
_MONEY = (
    Column("fund", "int64", "fen", "paid by the insurance fund", "医保基金支付"),
    Column("out_of_pocket", "int64", "fen", "paid by the patient: charge less fund",
           "个人支付：费用减基金支付"),
)  # fmt: skip

VISITS = (
    *_WHO,
    Column("date", "date32", "", "day of the visit", "就诊日期"),
    *_EPISODE,
    Column("visit_number", "int8", "1", "visits and stays of the episode so far, this one included",
           "本病程第几次就诊（含住院）"),
    _category("asked_for", ASKED_FOR,
              "what the visit was: a new illness; escalation, looking higher by himself; named, an "
              "appointment or a return after leaving unseen; referral, followed",
              "就诊缘由：新发；自行上转；预约或未就诊后再来；按转诊单就诊"),
    *_WHERE,
    _category("pool", POOL, "doctor pool; facilities without departments have only the general one",
              "诊室：内科、外科、妇儿、中医、其他、急诊；不分科机构为全科"),
    Column("arrival", "int32", "s", "second of the day of arrival; without meaning at facilities that have no queue", "到达时刻（当日秒）；不设队列的机构无意义"),
    Column("wait", "int32", "s", "waited before the first consult, or until leaving unseen",
           "首次接诊前（或离开前）候诊时间"),
    Column("travel", "int64", "s", "travel there and back", "往返路程时间"),
    _category("fate", FATE, "seen by a doctor, or left unseen", "已就诊，或未就诊离开"),
    _category("outcome", OUTCOME,
              "resolved; bed_requested; referred up and follows; escalated, looks higher by himself; "
              "ended_unresolved; after leaving unseen: returns tomorrow, or gave_up",
              "结局：解决；申请住院；按转诊上转；自行上转；未解决而止；未就诊离开后次日再来，或放弃"),
    Column("referral_written", "bool", "", "the doctor wrote a referral up", "医生是否开具上转单"),
    Column("charge", "int64", "fen", "charge of the visit, 0 when unseen", "门急诊费用，未就诊为0"),
    *_MONEY,
)  # fmt: skip
STAYS = (
    *_WHO,
    *_EPISODE,
    *_WHERE,
    _category("kind", STAY_KIND,
              "emergency: critical; referred: came by referral; elective: any other; transfer: moved "
              "up from a bed lower down; step_down: back-referred; sought: no bed where first asked",
              "入院方式：急诊；转诊；择期；上转住院；下转；他院无床转来"),
    Column("request_date", "date32", "", "day the bed was asked for at this facility", "申请床位日期"),
    Column("admission_date", "date32", "", "day the bed was given", "入院日期"),
    Column("bed_wait", "int16", "day", "midnights waited for the bed here", "候床天数"),
    Column("end_date", "date32", "", "day the stay ended; empty while in bed at the year's end",
           "离院日期，年末在院者为空"),
    Column("days", "int16", "day", "midnights in bed until it ended or the year did",
           "住院日（至离院或年末）"),
    _category("ending", ENDING,
              "home, resolved; home_unresolved; transferred up; back_referred to the township; died; "
              "moved_away; in_bed at the year's end. The last three are no discharge and have no "
              "charge", "离院方式：治愈好转；未解决；上转；下转；死亡；迁出；年末在院。后三者不计出院、无费用"),
    Column("charge", "int64", "fen", "charge of the stay, counted on the day of discharge",
           "住院费用，计入出院当日"),
    *_MONEY,
)  # fmt: skip

_HEAD = """# Visit log

`python -m sim run REGION --log visits.parquet` writes every visit of the residents of a region, or
of some counties and months, and beside it `visits.stays.parquet` with their stays:

    python -m sim run taonan --log visits.parquet
    python -m sim run liaocheng --log visits.parquet --county 371521 Shenxian --months 1-3

Records are by residence: a resident's visits are in the log wherever he goes. A visit belongs to
the month of its day; a stay is in the log when it was admitted or ended in one of the months.
Counts and fen of a log equal the run's own tallies exactly (`tests/engine/test_visit_log.py`), and
logging changes no figure of the run.

Both files are Parquet with one row group of at most some 200,000 rows after the other, so memory
does not grow with the log. Units and meanings stand in the metadata of every column; the run key,
region, year, seed, counties and months in that of the file. Equal runs write equal bytes (with one
version of pyarrow). The files appear under their names only when the run is finished and sound,
`visits.stays.parquet` first.

    import pyarrow.parquet as pq
    visits = pq.read_table("visits.parquet").to_pandas()
    visits.groupby("tier").out_of_pocket.mean() / 100   # yuan

Times are whole seconds, money whole fen (1 yuan = 100 fen), at constant 2023 prices. Category
columns hold the words listed. Everybody is synthetic: no row is a real person.

*诊疗日志：每行一次就诊（visits）或一次住院（stays），按居住地归属；金额单位为分，时间单位为秒。
居民均为合成人口，不对应任何真实个人。*
"""


def data_dictionary() -> str:
    """The page `docs/visit-log.md`."""
    parts = [_HEAD]
    for title, columns in (("Visits 就诊", VISITS), ("Stays 住院", STAYS)):
        parts.append(
            f"\n## {title}\n\n| column | type | unit | meaning | 含义 |\n|---|---|---|---|---|\n"
        )
        for column in columns:
            words = f" ({', '.join(column.words)})" if column.words else ""
            kind = "category" if column.type == "names" else column.type
            parts.append(
                f"| `{column.name}` | {kind} | {column.unit or '-'} | {column.en}{words} | "
                f"{column.zh} |\n"
            )
    return "".join(parts)
