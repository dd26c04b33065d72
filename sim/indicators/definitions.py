"""The table of definitions and the page made from it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).parent / "definitions.toml"
_SPLIT_NAMES = {
    "tier": ("tier", "层级"),
    "county": ("county", "县"),
    "age": ("age", "年龄"),
    "sex": ("sex", "性别"),
    "residence": ("urban and rural", "城乡"),
    "income": ("income fifth", "收入五等份"),
    "distance": ("distance", "距离"),
}
_STATUS_NAMES = {"official": ("official", "官方"), "model-only": ("model-only", "模型读数")}
_CLASS_NAMES = {
    "P": ("provider reports", "机构报告"),
    "I": ("insurer claims", "医保结算"),
    "H": ("household survey", "住户调查"),
}


@dataclass(frozen=True)
class Indicator:
    """Definition of one indicator.

    id                      stable key, as in `compute_all`
    section                 key of SECTIONS
    name, numerator, denominator, note, not_modelled   each also in Chinese, with `_zh`
    unit                    as in `compute_all`; `unit_names` reads in English, Chinese
    place, base, source     (English, Chinese): what is counted where, of whom, and who defines it
    data_class              P provider reports, I insurer claims, H household survey
    status                  official: a published series of this name exists; or model-only
    splits                  tier, county, age, sex, residence, income, distance
    show                    percent, number, count or index
    not_modelled            why no run can give it; empty otherwise
    """

    id: str
    section: str
    name: str
    name_zh: str
    unit: str
    unit_names: tuple[str, str]
    numerator: str
    numerator_zh: str
    denominator: str
    denominator_zh: str
    place: tuple[str, str]
    base: tuple[str, str]
    source: tuple[str, str]
    data_class: str
    status: str
    splits: tuple[str, ...]
    show: str
    note: str = ""
    note_zh: str = ""
    not_modelled: str = ""
    not_modelled_zh: str = ""


def _read() -> tuple[tuple[Indicator, ...], dict[str, tuple[str, str]]]:
    with _TABLE.open("rb") as stream:
        table = tomllib.load(stream)

    def pair(kind: str, key: str) -> tuple[str, str]:
        english, chinese = table[kind][key]
        return english, chinese

    def indicator(key: str, row: dict[str, Any]) -> Indicator:
        named = {kind: pair(kind, row[kind]) for kind in ("place", "base", "source")}
        show = row.get("show", "percent" if row["unit"] == "1" else "number")
        whole = {**row, **named, "splits": tuple(row["splits"]), "show": show}
        unit = pair("unit", row["unit"]) if show in ("percent", "number") else ("", "")
        return Indicator(id=key, unit_names=unit, **whole)

    indicators = tuple(indicator(key, row) for key, row in table["indicator"].items())
    return indicators, {key: pair("section", key) for key in table["section"]}


INDICATORS, SECTIONS = _read()
_WORDS = {
    "title": ("Indicators", "指标"),
    "intro": (
        "Every indicator of a run, with its definition. `official`: a published series of this name"
        " exists. `model-only`: a read-out of the model without one. All figures are of one"
        " calendar year; in-county rates leave urban districts out. Undefined values are null.",
        "每个推演指标及其定义。official：有同名官方统计；model-only：仅为模型读数。数值均为一个日历年；"
        "县域内各率不含市辖区。无定义的值为空。",
    ),
    "counts": ("Counts", "统计范围"),
    "base": ("Base", "人口口径"),
    "source": ("Definition", "定义出处"),
    "splits": ("Splits", "可分"),
    "note": ("Note", "说明"),
    "missing": ("Not modelled", "未建模"),
}


def page() -> str:
    """docs/indicators.md: every definition, each line in English and in Chinese."""
    lines = [
        f"# {_WORDS['title'][0]} {_WORDS['title'][1]}", "",
        "<!-- written by: python -m sim indicators --markdown -->", "",
        _WORDS["intro"][0], "", _WORDS["intro"][1], "",
    ]  # fmt: skip
    for section, names in SECTIONS.items():
        lines += [f"## {names[0]} {names[1]}", ""]
        for indicator in INDICATORS:
            if indicator.section == section:
                lines += _entry(indicator)
    return "\n".join(lines).rstrip() + "\n"


def _entry(i: Indicator) -> list[str]:
    """Heading, key line, the fraction in both languages, and what belongs to it."""
    unit = " ".join(i.unit_names) if i.unit_names[0] else i.unit
    names = [" ".join(pair) for pair in (_STATUS_NAMES[i.status], _CLASS_NAMES[i.data_class])]
    lines = [f"### {i.name} {i.name_zh}", "", " · ".join([f"`{i.id}`", unit, *names]), ""]
    for lang, (top, bottom, missing, note) in enumerate((
        (i.numerator, i.denominator, i.not_modelled, i.note),
        (i.numerator_zh, i.denominator_zh, i.not_modelled_zh, i.note_zh),
    )):  # fmt: skip
        colon, stop, gap = (": ", ".", " ") if lang == 0 else ("：", "。", "")
        fraction = (
            top if bottom == "-" else f"{top} ÷ ({bottom})" if lang == 0 else f"{top}÷（{bottom}）"
        )
        splits = (", " if lang == 0 else "、").join(_SPLIT_NAMES[s][lang] for s in i.splits)
        said = {
            "missing": missing,
            "counts": "" if missing else i.place[lang] + stop,
            "base": i.base[lang] + stop,
            "source": i.source[lang] + stop,
            "splits": splits + stop if splits else "",
            "note": note,
        }
        rest = gap.join(_WORDS[key][lang] + colon + what for key, what in said.items() if what)
        lines += [f"- **{fraction}**", f"  {rest}"]
    return [*lines, ""]
