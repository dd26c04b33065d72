"""Every word of the page, in English and Chinese, in one place."""

from __future__ import annotations

_TEXT: dict[str, tuple[str, str]] = {
    "app": ("Tiercare", "分级诊疗推演"),
    "title": ("{region}: who is treated where, 2025 and 2035", "{region}：2025年、2035年在哪里看病"),
    "tag": ("conditional projection, not forecast", "条件推演，不是预测"),
    "quick": (
        "Quick answer (mean-field, expected values), computed in {seconds:.1f} s",
        "快速推演（平均场，期望值），计算用时{seconds:.1f}秒",
    ),
    "language": ("Language", "语言"),
    "region": ("Region", "地区"),
    "levers": ("Levers of your plan", "本方案的政策杠杆"),
    "levers.start": (
        "They start where plan-2025 has them. Release a slider, and the model answers.",
        "起点为2025规划。松开滑块即重新推演。",
    ),
    "reset": ("Back to plan-2025", "恢复为2025规划"),
    "group.payment": ("Payment and prices", "支付与价格"),
    "group.capacity": ("Capability and capacity", "能力与资源"),
    "group.service": ("Organisation of care", "服务模式"),
    "lever.bounds": ("{unit}, {low} to {high}", "{unit}，{low}至{high}"),
    "lever.plan": ("plan {level}, clause {clause}", "规划{level}，条文{clause}"),
    "lever.unplanned": ("not in the plan", "规划未列"),
    "lever.places": ("in {count} named places", "限{count}处"),
    "lever.townships": ("in {share:.0%} of townships", "限{share:.0%}乡镇"),
    "lever.dates": ("{start} to {full}", "{start}至{full}"),
    "lever.evidence": ("evidence {grades}", "证据等级{grades}"),
    "lever.moved": ("changed", "已改"),
    "moved.none": (
        "Your plan equals plan-2025: no lever moved yet.",
        "本方案与2025规划相同：尚未改动杠杆。",
    ),
    "moved.some": ("Your plan is plan-2025 with {n} changed: {names}.",
                   "本方案为2025规划改动{n}项：{names}。"),
    "as-now": ("As now", "现状延续"),
    "plan-2025": ("Plan 2025", "2025规划"),
    "vision-2035": ("Vision 2035", "2035远景"),
    "yours": ("Your plan", "本方案"),
    "short.as-now": ("as now", "现状"),
    "short.plan-2025": ("plan", "规划"),
    "short.yours": ("yours", "本方案"),
    "base": ("2023 simulated", "2023年推演值"),
    "goal": ("Goal", "目标"),
    "goal.none": ("no goal a run can judge", "规划无可推演的目标"),
    "goal.by": ("{aim} by {year}", "{year}年{aim}"),
    "goal.increase": ("increase", "提高"),
    "goal.fewer_leave": ("fewer leave", "外转率降低"),
    "goal.decrease": ("decrease", "降低"),
    "goal.words": ("in words", "文字表述"),
    "goal.clause": ("clause {clause}", "条文{clause}"),
    "goal.document": ("Source", "出处"),
    "goals": ("Goals of the plan that a run can judge", "规划中可由推演判定的目标"),
    "goals.none": (
        "The plan of {region} sets no goal that a run can judge. Its other targets are settings of "
        "the scenario or lie outside the model: python -m scenarios list targets.",
        "{region}的规划没有可由推演判定的目标；其余目标为情景设定或超出模型范围："
        "python -m scenarios list targets --lang zh。",
    ),
    "chip.met": ("meets {year}", "{year}年达到"),
    "chip.close": ("close in {year}", "{year}年接近"),
    "chip.missed": ("short in {year}", "{year}年未达到"),
    "chip.watch": ("met, more unresolved", "达到，但未满足需要增加"),
    "chip.chance": ("{chance} of draws meet {year}", "{year}年达标抽样{chance}"),
    "unresolved": ("Unresolved need", "未满足需要"),
    "unresolved.line": ("Unresolved need {year}: {plan}, as now {now}",
                        "未满足需要{year}：{plan}，现状{now}"),
    "range": ("80% range", "80%区间"),
    "about": ("Definition", "口径"),
    "about.fraction": ("{top} ÷ ({bottom})", "{top}÷（{bottom}）"),
    "about.status.official": ("An official series of this name exists.", "有同名官方统计。"),
    "about.status.model-only": ("No official series: a read-out of the model.", "无官方统计，仅为模型读数。"),
    "about.base": ("Counted of", "人口口径"),
    "about.place": ("Counted where", "统计范围"),
    "of_tier": ("{tier}: {name}", "{tier}{name}"),
    "tier.village": ("Village", "村级"),
    "tier.township": ("Township", "乡镇"),
    "tier.county": ("County", "县级"),
    "tier.city": ("City", "市级"),
    "tier.regional": ("Regional", "区域中心"),
    "tier.outside": ("Outside", "区域外"),
    "flows": ("Who is treated at which tier", "各层级就医人次"),
    "flows.visits": ("Visits", "诊疗人次"),
    "flows.admissions": ("Admissions", "住院人次"),
    "flows.unit.visits": ("million visits a year", "万人次/年"),
    "flows.unit.admissions": ("thousand admissions a year", "万人次/年"),
    "flows.alt": (
        "{what} by tier in {unit}. {rows}",
        "各层级{what}，单位：{unit}。{rows}",
    ),
    "queues": ("Queues and beds", "候诊与床位"),
    "queues.occupancy": ("{tier}: bed occupancy, %", "{tier}病床使用率，%"),
    "queues.wait": ("{tier}: mean wait, minutes", "{tier}平均候诊，分钟"),
    "queues.note": (
        "Blue: your plan. Grey dashes: as now. Purple dots: vision 2035. Grey band: 2020 to 2022, "
        "pandemic years. Hospitals that serve mostly people from elsewhere have published waits and "
        "no bed limit here, and are left out.",
        "蓝线：本方案；灰虚线：现状延续；紫点线：2035远景；灰底：2020至2022年疫情。"
        "主要服务外地患者的医院只有公布的候诊时间、不设床位限制，未列出。",
    ),
    "queues.none": ("No tier of this region has a queue here.", "本地区没有可推演排队的层级。"),
    "money": ("Money, yuan a person and year (constant 2023 prices)", "费用，元/人·年（2023年不变价）"),
    "money.fund": ("Insurance fund", "医保基金"),
    "money.out_of_pocket": ("Out-of-pocket", "个人自付"),
    "full": ("Full run, full population (1:1)", "一比一推演"),
    "full.about": (
        "Every resident, visit and bed of {region} from 2020 to 2035 ({residents} residents), for "
        "the levers as they stand. It takes about {time} on two cores and goes on when this page is "
        "closed.",
        "按当前杠杆，推演{region}2020至2035年的每位居民、每次就诊和每张床位（{residents}居民）。"
        "双核约需{time}，关闭页面后继续运行。",
    ),
    "full.start": ("Start the full run (about {time})", "开始一比一推演（约{time}）"),
    "full.cancel": ("Cancel", "取消"),
    "full.waiting": ("Waiting: {place} before it", "排队中：前面还有{place}项"),
    "full.running": ("{stage}, {share:.0%}, {seconds:.0f} s so far", "{stage}，{share:.0%}，已用{seconds:.0f}秒"),
    "full.done": (
        "Full population (1:1), seed {seed}, took {seconds:.0f} s. Beside it the quick answer to the same "
        "question.",
        "一比一，种子{seed}，用时{seconds:.0f}秒；同一问题的快速推演列于旁。",
    ),
    "full.cancelled": ("Cancelled; nothing was kept.", "已取消，未保留结果。"),
    "full.busy": ("Too many runs are waiting. Try again later.", "排队任务过多，请稍后再试。"),
    "full.failed": (
        "The run failed, and nothing of it was kept. The server's log says more.",
        "推演失败，未保留结果；详情见服务器日志。",
    ),
    "full.other": (
        "A full run of other levers is still going on; this one would wait for it.",
        "另一方案的一比一推演仍在运行，新的推演将排队。",
    ),
    "full.quick": ("quick", "快速"),
    "full.exact": ("full population", "一比一"),
    "full.gap": ("difference", "相差"),
    "indicator": ("Indicator", "指标"),
    "unit": ("Unit", "单位"),
    "scenario": ("Scenario", "情景"),
    "year": ("Year", "年份"),
    "tier": ("Tier", "层级"),
    "all": ("All", "合计"),
    "value": ("Value", "数值"),
    "points": ("points", "个百分点"),
    "percent": ("%", "%"),
    "table": ("All figures as a table", "全部数值（表格）"),
    "table.download": ("Download as CSV", "下载CSV"),
    "ranges.running": ("Ranges: draw {done} of {total}", "计算区间：第{done}/{total}组抽样"),
    "ranges.waiting": (
        "Ranges are computed after the quick answer; {place} other questions come first …",
        "快速推演后计算区间，前面还有{place}项 …",
    ),
    "ranges.busy": (
        "Too many ranges are waiting; load the page again later.",
        "等待计算区间的任务过多，请稍后刷新页面。",
    ),
    "ranges.again": ("Compute the ranges again", "重新计算区间"),
    "ranges.done_but": (
        "Ranges: 10th to 90th percentile of {draws} draws of the uncertain parameters; {left_out} "
        "more draws had no solution and are left out.",
        "区间：{draws}组不确定参数抽样的第10至90百分位；另有{left_out}组无解，未计入。",
    ),
    "ranges.done": (
        "Ranges: 10th to 90th percentile of {draws} draws of the uncertain parameters.",
        "区间：{draws}组不确定参数抽样的第10至90百分位。",
    ),
    "ranges.none": (
        "No ranges: the uncertain parameters of this region have not been drawn (python -m sim draws).",
        "暂无区间：本地区的不确定参数尚未抽样（python -m sim draws）。",
    ),
    "ranges.failed": ("Ranges could not be computed.", "区间计算失败。"),
    "limits": ("What to mind", "使用提示"),
    "limits.1": (
        "Lever effects come from published studies elsewhere or are our assumptions (grades A to D "
        "beside each slider), not from this region's data.",
        "杠杆效应来自其他地区的公开研究或本项目假设（等级A至D见各滑块），不是本地数据的估计。",
    ),
    "limits.2": (
        "Health outcomes are not modelled. A higher in-county rate is no gain where more needs stay "
        "unresolved; the two stand together.",
        "模型不含健康结局。县域内就诊率提高而未满足需要增加，并非改善；两者应一并看。",
    ),
    "limits.3": (
        "2020 to 2022 are pandemic years; the base is 2023. Regional and outside hospitals have no "
        "bed limit here.",
        "2020至2022年受疫情影响，基期为2023年；区域中心和区域外医院不设床位限制。",
    ),
    "link.ignored": (
        "Not understood in the link and left out: {names}.",
        "链接中有内容无法识别，已忽略：{names}。",
    ),
    "link.version": (
        "The link was made by model {old}; this is {new}, and answers may differ.",
        "此链接由模型{old}生成，当前为{new}，结果可能不同。",
    ),
    "error.input": ("The question cannot be answered as it stands:", "当前问题无法推演："),
    "error.fault": (
        "Something went wrong here; it has been written to the server's log as {number}. Move a "
        "lever back or load the page again.",
        "页面出错，已记入服务器日志，编号{number}。请撤回改动或刷新页面。",
    ),
    "error.section": (
        "This part cannot be shown; it is in the server's log as {number}.",
        "此部分无法显示，已记入服务器日志，编号{number}。",
    ),
    "computing": (
        "Computing: {what}. The first answer after an update also compiles the engine, one to three minutes.",
        "正在推演：{what}。更新后首次还需编译引擎，约一至三分钟。",
    ),
    "undefined": ("–", "–"),
    "seconds": ("{n:.0f} s", "{n:.0f}秒"),
    "minutes": ("{n:.0f} min", "{n:.0f}分钟"),
    "people": ("{n:.2f} million", "{n:.1f}万"),
    "stage.pack": ("reading the pack", "读取地区数据包"),
    "stage.residents": ("residents", "生成居民"),
    "stage.first day": ("warm-up", "预热"),
    "stage.days": ("days", "逐日推演"),
    "stage.years": ("years", "逐年推演"),
    "stage.draws": ("draws", "抽样"),
    "stage.solving": ("solving", "求解"),
}  # fmt: skip


def text(name: str, lang: str) -> str:
    """A phrase in English (`en`) or Chinese (`zh`).

    >>> text("yours", "zh")
    '本方案'
    """
    return _TEXT[name][lang == "zh"]


def has(name: str) -> bool:
    """Whether there is such a phrase."""
    return name in _TEXT


def names() -> tuple[str, ...]:
    """Keys of all phrases."""
    return tuple(_TEXT)
