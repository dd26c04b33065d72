"""User-facing words of the scenarios command, in English and Chinese."""

from __future__ import annotations

from scenarios.words.comparing import COMPARE

_TEXT: dict[str, tuple[str, str]] = {
    "lever": ("lever", "政策杠杆"),
    "id": ("id", "代码"),
    "number": ("no.", "序号"),
    "form": ("form", "形式"),
    "role": ("role", "作用"),
    "acts": ("acts", "有机制"),
    "context-only": ("context only", "仅列示"),
    "range": ("range", "取值范围"),
    "unit": ("unit", "单位"),
    "rollout": ("roll-out", "推进方式"),
    "step": ("at once", "一次到位"),
    "linear": ("even", "匀速"),
    "logistic": ("slow-fast-slow", "先慢后快再慢"),
    "evidence": ("evidence", "证据等级"),
    "cost": ("yuan a year and unit", "每单位年费用（元）"),
    "clauses": ("clauses", "条文"),
    "changes": ("changes", "作用对象"),
    "missing": ("missing: {what}", "缺少：{what}"),
    "target": ("target", "目标指标"),
    "region": ("region", "地区"),
    "clause": ("clause", "条文"),
    "baseline": ("from", "基期"),
    "aim": ("target", "目标"),
    "status": ("status", "状态"),
    "simulated": ("simulated", "可推演"),
    "input": ("input", "输入"),
    "outside": ("outside", "模型外"),
    "judged": ("judged by", "判定指标"),
    "note": ("note", "说明"),
    "conflict": ("! {note}", "! {note}"),
    "scenario": ("scenario", "情景"),
    "title": ("title", "名称"),
    "first": ("first change", "最早变化"),
    "extends": ("continues", "延续自"),
    "levers": ("levers", "杠杆数"),
    "none": ("none", "无"),
    "level": ("level", "水平"),
    "from": ("from", "开始"),
    "full": ("in full", "全部到位"),
    "basis": ("basis", "依据"),
    "plan": ("plan {clause}", "规划 {clause}"),
    "national": ("national goal", "国家目标"),
    "assumed": ("assumed", "假设"),
    "why": ("why", "理由"),
    "place": ("where", "范围"),
    "everywhere": ("whole region", "全域"),
    "townships": ("{share:.0%} of townships", "{share:.0%}乡镇"),
    "places": ("{count} named places", "{count}处指定县或机构"),
    "quantity": ("quantity", "变量"),
    "now": ("without", "无措施"),
    "by": ("levers", "杠杆"),
    "increase": ("increase", "提高"),
    "decrease": ("decrease", "降低"),
    "words": ("in words", "文字表述"),
    "show.levers": ("Levers", "各项措施"),
    "show.changes": (
        "What they come to on 31 December (parameters in their units; pack figures and what moves "
        "stocks as a factor or a difference)",
        "各年12月31日累计变化（参数按其单位；数据包数值与存量驱动因素按倍数或差额）",
    ),
    "show.idle": (
        "Called for by the plan, without a mechanism: {names}",
        "规划提出但模型无对应机制：{names}",
    ),
    "show.no_run": (
        "These are settings, not results: python -m scenarios compare {region} runs them.",
        "以上为设定值，不是推演结果；推演命令：python -m scenarios compare {region} --lang zh。",
    ),
    "run.indicator": ("indicator", "指标"),
    "run.residents": ("residents of the census", "生成普查人口"),
    "run.first_day": ("six weeks of warm-up", "预热六周"),
    "run.resumed": ("going on from a checkpoint", "从检查点继续"),
    "run.days": (
        "day {done:,} of {total:,}, {visits:.1f} million visits, {left:.0f} s left",
        "第{done:,}天，共{total:,}天，就诊{visits:.1f}百万人次，约剩{left:.0f}秒",
    ),
    "run.years": (
        "year {done} of {total}, {left:.1f} s left",
        "第{done}年，共{total}年，约剩{left:.1f}秒",
    ),
    "run.written": ("written: {folder}", "已写入：{folder}"),
    "show.nothing": ("Nothing is changed.", "没有任何变化。"),
    "coverage.what": ("what", "内容"),
    "coverage.count": ("count", "数量"),
    "coverage.levers": ("levers", "政策杠杆"),
    "coverage.acting": ("  that act", "  有机制"),
    "coverage.direct": ("    on a parameter or a pack figure", "    作用于参数或数据包"),
    "coverage.stocks": ("    only through stocks", "    仅通过存量起作用"),
    "coverage.context": ("  context only", "  仅列示"),
    "coverage.definitions": ("distinct targets", "不同目标指标"),
    "coverage.targets": ("targets by region", "分地区目标"),
    "coverage.rows": ("rows of the plans they stand for", "对应的规划条目"),
    "coverage.conflicts": ("targets with a conflict note", "附冲突说明的目标"),
}
_ALL = _TEXT | COMPARE


def text(name: str, lang: str) -> str:
    """A phrase in English (`en`) or Chinese (`zh`).

    >>> text("outside", "zh")
    '模型外'
    """
    return _ALL[name][lang == "zh"]


def has_text(name: str) -> bool:
    """Whether there is a phrase of that name."""
    return name in _ALL
