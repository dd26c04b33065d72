"""Words of the comparison of scenarios, in English and Chinese; `scenarios.text` reads them."""

from __future__ import annotations

COMPARE: dict[str, tuple[str, str]] = {
    # numbers
    "points": (" points", "个百分点"),
    "change_range": ("{whole} ({low} to {high})", "{whole}（{low} 至 {high}）"),
    "of_tier": ("{name}, {tier}", "{tier}{name}"),
    "never": ("after 2050", "2050年以后"),
    # progress
    "progress.central": (
        "scenarios with middle values: {done}/{total}",
        "各情景中间值：{done}/{total}",
    ),
    "progress.price": (
        "{runs} more runs for the ranges, about {seconds} s one after another …",
        "区间另需 {runs} 次推演，逐次运行约 {seconds} 秒 …",
    ),
    "progress.price_compiled": (
        "one-to-one runs: {runs} at about {each:.0f} s each, {minutes:.0f} min in all; Ctrl-C stops",
        "一比一推演 {runs} 次，每次约 {each:.0f} 秒，共约 {minutes:.0f} 分钟；Ctrl-C 可中止",
    ),
    "progress.draws": ("parameter draws: {done}/{total}", "参数抽样：{done}/{total}"),
    "progress.seeds": ("one-to-one runs: {done}/{total}", "一比一推演：{done}/{total}"),
    "progress.paired": ("paired mean-field runs: {done}/{total}", "配对平均场：{done}/{total}"),
    "progress.levers": ("levers one by one: {done}/{total}", "逐项杠杆：{done}/{total}"),
    "progress.left": ("  {left:.0f} s left", "  剩余{left:.0f}秒"),
    "progress.writing": ("writing tables, figures and reports …", "正在写出表格、图和报告 …"),
    "interrupted": ("interrupted; nothing was written", "已中断；未写入任何文件"),
    "failed": ("a run failed: {what}", "推演失败：{what}"),
    "written": ("written to {folder}", "已写入 {folder}"),
    "cell": ("{year} | {arm}", "{year}年｜{arm}"),
    "arm.as-now": ("as now", "现状延续"),
    "arm.plan-2025": ("plan to 2025", "2025规划"),
    "arm.vision-2035": ("vision 2035", "2035远景"),
    # titles
    "report.title": ("{region}: scenarios compared", "{region}：分级诊疗情景比较"),
    "report.subtitle": (
        "{arms}; {first}–{last}; conditional projection, not a forecast",
        "{arms}；{first}–{last}年；条件推演，不是预测",
    ),
    "sheet.summary": ("Summary", "摘要"),
    "sheet.targets": ("The plan's targets that the model can judge", "规划目标（可推演部分）"),
    "sheet.headlines": ("Headline indicators by scenario", "各情景主要指标"),
    "sheet.changes": (
        "Change against {base} in {year}",
        "{year}年与“{base}”相比的变化",
    ),
    "sheet.drivers": (
        "Which levers drive {arm} in {year}: each added alone",
        "“{arm}”{year}年各项杠杆单独作用",
    ),
    "sheet.arrivals": ("When levers reach 90% of their effect", "各项杠杆达到九成效果的时间"),
    "sheet.bottlenecks": ("Bottlenecks in {year}: {arm}", "{year}年瓶颈排序：{arm}"),
    "sheet.gains": (
        "Who gains and who loses: {arm} against {base}, {year}",
        "谁受益、谁受损：{year}年“{arm}”与“{base}”相比",
    ),
    "sheet.costs": ("Costs of the levers: {arm}", "措施费用：{arm}"),
    "sheet.flows": ("Where care is given: {year}", "就医流向：{year}年"),
    "sheet.inputs": ("Targets that a scenario sets", "作为情景输入的规划目标"),
    "sheet.outside": ("Targets outside the model", "模型以外的规划目标"),
    "sheet.assumptions": ("Assumed levels and effects", "设定的水平与效应"),
    "sheet.limits": ("What to mind", "局限与注意事项"),
    "sheet.provenance": ("Provenance", "来源与可复现信息"),
    # heads
    "head.value": ("value (5–95%)", "数值（5–95%）"),
    "head.verdict": ("", "判定"),
    "head.chance": ("chance", "达标概率"),
    "head.ready": ("levers at 90%", "已达九成效果的杠杆"),
    "head.largest": ("largest levers, each alone", "单项作用最大的杠杆"),
    "target.heading": (
        "{name}: {goal} | plan {clause}, {year} | {start}: {value}",
        "{name}：{goal}｜规划{clause}，{year}｜{start}年：{value}",
    ),
    "range": (" ({} to {})", "（{} 至 {}）"),
    "head.goal": ("goal", "目标"),
    "head.whose": ("whose, clause", "出处条文"),
    "head.year": ("year", "年份"),
    "head.now": ("{year}", "{year}年"),
    "head.indicator": ("indicator", "指标"),
    "head.lever": ("lever", "杠杆"),
    "head.alone": ("alone", "单独加入"),
    "head.removed": ("lost without it", "去掉后损失"),
    "head.interaction": ("interaction", "交互作用"),
    "head.sum": ("sum of the single ones", "单项之和"),
    "head.total": ("all together", "合计"),
    "head.facility": ("facility", "机构"),
    "head.county": ("county", "县（市、区、旗）"),
    "head.tier": ("tier", "层级"),
    "head.relief": ("relieved by", "可缓解的杠杆"),
    "head.load": ("added to by", "加重的杠杆"),
    "head.group": ("group", "人群"),
    "head.one_off": ("once", "一次性"),
    "head.yearly": ("a year", "每年"),
    "head.units": ("units", "数量"),
    "head.basis": ("of what", "计费单位"),
    "head.counted": ("counted as", "数量依据"),
    "head.start": ("from", "开始"),
    "head.full": ("in full", "全部到位"),
    "head.ninety": ("90% of its effect", "达九成效果"),
    "head.fades": ("wears off", "效果衰减"),
    "head.share": ("share", "占比"),
    "head.what": ("what", "项目"),
    "head.reason": ("reason", "原因"),
    "head.set_by": ("set by", "由何设定"),
    # words in cells
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "met": ("✓ met", "✓ 达标"),
    "close": ("≈ close", "≈ 接近"),
    "missed": ("✗ missed", "✗ 未达标"),
    "met.nothing": ("no number to meet", "无数值目标"),
    "chance": ("chance {chance}", "达标概率{chance}"),
    "unresolved": ("unresolved need", "未满足需要"),
    "undated": ("judged in {year}, no year printed", "未写年份，按{year}年判定"),
    "goal.increase": ("increase on {value} in {year}", "高于{year}年的{value}"),
    "goal.decrease": ("decrease from {value} in {year}", "低于{year}年的{value}"),
    "goal.words": ("in words only", "仅文字表述"),
    "goal.about": ("about {value}", "{value}左右"),
    "goal.range": ("{low} to {high}", "{low} 至 {high}"),
    "plan_of": ("plan {clause}", "规划{clause}"),
    "all_people": ("all residents", "全体居民"),
    "strain.occupancy": ("bed occupancy", "病床使用率"),
    "strain.wait_minutes": ("wait, min", "候诊（分钟）"),
    "strain.left_unseen": ("left unseen", "未就诊离开"),
    "strain.bed_wait_days": ("wait for a bed, days", "候床（天）"),
    "strain.pressure": ("over mark", "与警戒值之比"),
    "what.visits": ("visits", "诊疗人次"),
    "what.admissions": ("admissions", "住院人次"),
    "place.own_county": ("in the own county", "地点：本县域"),
    "place.elsewhere_in_region": ("elsewhere in the region", "地点：区域内其他县"),
    "place.outside_region": ("outside the region", "地点：区域外"),
    "count.counties": ("counties of the pack", "数据包县（市、旗）数"),
    "count.districts": ("urban districts of the pack", "数据包市辖区数"),
    "count.beds": ("beds of the pack", "数据包床位数"),
    "count.residents": ("mean residents", "年均常住人口"),
    "count.residents_1000": ("mean residents / 1,000", "年均常住人口（千人）"),
    "count.hospitals": ("hospitals of the pack", "数据包医院数"),
    "count.county_hospitals": ("county general hospitals", "县级综合医院数"),
    "count.facilities": ("facilities of its tiers", "相应层级机构数"),
    "count.centres": ("township and community centres", "乡镇卫生院和社区中心数"),
    "count.villages": ("rural villages", "行政村数"),
    "count.township_doctors": (
        "township doctors; other staff are not counted",
        "乡镇级医师数，未含其他人员",
    ),
    "count.village_doctors": ("village doctors", "村级医生数"),
    "count.managed": ("chronic patients under an effective contract", "有效签约管理的慢病患者"),
    "count.level": ("the level itself", "即所设水平"),
    "count.free": ("no cost of its own", "自身无费用"),
    "count.unknown": ("not costed: no such number in the pack", "未计费：数据包无此数量"),
    "cost.sum": ("sum of what is costed", "已计费合计"),
    "cost.fund": ("change of fund spending in {year}", "{year}年医保基金支出变化"),
    "cost.out_of_pocket": ("change of out-of-pocket in {year}", "{year}年个人支付变化"),
    "fig.missing_font": (
        "The figures are labelled in English: no Chinese font was found. Install the extra `fonts` "
        "(pip install 'tiercare[fonts]') or a system font such as fonts-noto-cjk.",
        "图中文字为英文：未找到中文字体。请安装 fonts 附加包（pip install 'tiercare[fonts]'）或"
        "系统字体（如 fonts-noto-cjk）。",
    ),
    # notes
    "note.meanfield": (
        "Figures are expected values of the mean-field, which differs from the one-to-one engine by "
        "what docs/meanfield.md measures; --seeds K corrects for it on K paired runs.",
        "数值为平均场期望值，与一比一引擎的差异见 docs/meanfield.md；--seeds K 可用K组配对推演修正。",
    ),
    "note.shifted": (
        "Figures are those of the mean-field, moved by what {seeds} paired one-to-one runs differed "
        "from it. Where there are draws, luck between runs is in the range.",
        "数值为平均场结果，并按{seeds}组配对一比一推演的差异修正；有抽样时区间含随机波动。",
    ),
    "note.draws": (
        "The range is that of 5% to 95% of {draws} parameter draws, each with lever effects drawn in "
        "their 90% ranges, the same in every scenario; a chance is a share of these draws.",
        "区间为{draws}组参数抽样的5%–95%，每组并在90%范围内抽取杠杆效应，各情景抽样相同；"
        "概率为抽样中的占比。",
    ),
    "note.no_draws": (
        "No range: values are those of the middle parameters and effects. {why}",
        "无区间：数值按参数与效应的中间值计算。{why}",
    ),
    "note.central": (
        "No range: no draws were asked for. Values are those of the middle parameters and effects.",
        "无区间：未要求抽样。数值按参数与效应的中间值计算。",
    ),
    "note.luck_only": (
        "The range is luck between {seeds} seeds only; parameters stay at their middle values.",
        "区间仅为{seeds}个随机种子之间的波动，参数取中间值。",
    ),
    "note.years": (
        "Years added because a target is due: {years}.",
        "因目标到期而增加的年份：{years}。",
    ),
    "note.no_change": (
        "{name} changes nothing against the first scenario.",
        "{name} 与第一个情景相同，未改动任何杠杆。",
    ),
    # limits
    "limit.evidence": (
        "Lever effects come from published studies elsewhere or are our assumptions, not from this "
        "region's data; most levels are ours because clauses print no number.",
        "杠杆效应来自其他地区的研究或本项目假设，不来自本地数据；多数条文未给数值，水平为本项目设定。",
    ),
    "limit.outcomes": (
        "Health outcomes are not modelled. Keeping patients in the county is no gain where more need "
        "stays unresolved: read any in-county rate with the unresolved need beside it.",
        "模型不含健康结局。未满足需要增多时，留在县域内并非改善：县域内各率须与未满足需要一并看。",
    ),
    "limit.projection": (
        "A projection under stated conditions: what would follow if levers, population and prices "
        "went as assumed. Change after 2030 (insurance pooling, new technology) is not in it.",
        "条件推演：如果各项措施、人口和价格按设定变化，可能出现的结果。2030年后的结构性变化（统筹层次、"
        "新技术等）不在其中。",
    ),
    "limit.costs": (
        "Unit costs are assumed (scenarios/costs.csv, to be edited); the low and high sums take all "
        "levers low or high together. Money is constant 2023 yuan.",
        "单位费用均为设定（scenarios/costs.csv，可修改）；合计的低、高值为各项同取低值或高值。"
        "金额为2023年不变价。",
    ),
    "limit.singles": (
        "Levers one by one use the mean-field with middle values: indicative, not precise. What "
        "they do together beyond the sum is shown as interaction.",
        "逐项作用由平均场按中间值计算，仅供参考；合计超出单项之和的部分列为交互作用。",
    ),
    "limit.strain": (
        "Marks of strain, for ranking only (assumed): bed occupancy 95%, wait 60 minutes, 5% left "
        "unseen, one day for a bed.",
        "瓶颈警戒值仅用于排序（设定）：病床使用率95%、候诊60分钟、未就诊离开5%、候床1天。",
    ),
    "limit.gains": (
        "Changes by group are those of residents; only the wait by county is that of the facilities "
        "there, whoever comes to them.",
        "各人群变化按居民统计；仅分县候诊时间按当地机构统计，含外来就诊者。",
    ),
    "limit.pandemic": (
        "2020 to 2022 are pandemic years; the base year is {year}.",
        "2020–2022年为疫情年份；基期为{year}年。",
    ),
    # summary sentences
    "say.targets": (
        "{met} of {judged} targets with a number or direction would be met under “{arm}” in their year.",
        "“{arm}”下，有数值或方向要求的{judged}项目标中，{met}项在目标年可达标。",
    ),
    "say.change": (
        "“{arm}” against “{base}” in {year}: in-county visits {visits}, unresolved need {unresolved}, "
        "out-of-pocket {pocket} yuan and fund spending {fund} yuan a resident.",
        "{year}年“{arm}”与“{base}”相比：县域内就诊率{visits}，未满足需要{unresolved}，"
        "人均个人支付{pocket}元，人均基金支出{fund}元。",
    ),
    "say.driver": (
        "Of the change in {name} under “{arm}”, the largest single levers are {levers}.",
        "“{arm}”下{name}的变化中，单项作用最大的是{levers}。",
    ),
    "say.bottleneck": (
        "Under most pressure in {year} under “{arm}”: {facility} ({what} {value}).",
        "“{arm}”{year}年压力最大：{facility}（{what}{value}）。",
    ),
    "say.no_bottleneck": (
        "No facility passes a mark of strain in {year} under “{arm}”; nearest: {facility} ({what} {value}).",
        "“{arm}”{year}年没有机构超过警戒值；最接近的是{facility}（{what}{value}）。",
    ),
    "say.costs": (
        "The costed levers of “{arm}” come to {once} once and {yearly} a year; {uncosted} levers have no "
        "number to cost them with.",
        "“{arm}”已计费措施一次性{once}，每年{yearly}；另有{uncosted}项无数量可计费。",
    ),
    # figures
    "fig.chances": ("Chance of meeting each target", "各目标达标概率"),
    "fig.headlines": ("Headline indicators over the years", "主要指标走势"),
    "fig.flows": ("Visits of residents by tier", "居民诊疗人次的层级构成"),
    "fig.admissions": ("Admissions of residents by tier", "居民住院人次的层级构成"),
    "fig.drivers": ("Effect of each lever alone", "各项杠杆单独作用"),
    "fig.gains": ("Change of unresolved need by group", "各人群未满足需要的变化"),
    "fig.titled": ("{what}: {name}, {where}", "{what}：{name}，{where}"),
    "fig.rest": ("all other levers", "其余杠杆"),
    "alt.chances": (
        "Chances of the targets; the table of targets has the figures.",
        "各目标达标概率；数值见目标表。",
    ),
    "alt.headlines": (
        "Headline indicators over the years; the table by scenario has the figures.",
        "主要指标走势；数值见各情景指标表。",
    ),
    "alt.drivers": (
        "Effect of each lever alone; the table of levers has the figures.",
        "各项杠杆单独作用；数值见杠杆表。",
    ),
    "alt.gains": (
        "Change by group; the table of who gains has the figures.",
        "各人群变化；数值见受益与受损表。",
    ),
    "alt.flows": ("Share at primary tiers in {year}: {parts}.", "{year}年基层占比：{parts}。"),
    "fig.goal": ("goal", "目标"),
    "fig.range": ("5–95%", "5–95%区间"),
    # provenance
    "about.model": ("model version", "模型版本"),
    "about.source": ("source", "源代码"),
    "about.pack": ("pack", "数据包"),
    "about.engine": ("engine", "引擎"),
    "about.draws": ("parameter draws", "参数抽样"),
    "about.seeds": ("paired seeds", "配对种子"),
    "about.keys": ("runs", "运行"),
    "about.warnings": ("warnings", "提示"),
    "about.files": ("scenario files", "情景文件"),
    "about.command": ("command", "命令"),
    "basis.county": ("county", "县"),
    "basis.urban district": ("urban district", "市辖区"),
    "basis.bed held free a year": ("bed held free a year", "预留床位·年"),
    "basis.contracted resident": ("contracted resident", "签约居民"),
    "basis.team": ("team", "团队"),
    "basis.hospital": ("hospital", "医院"),
    "basis.facility": ("facility", "机构"),
    "basis.resident": ("resident", "居民"),
    "basis.county hospital": ("county hospital", "县级医院"),
    "basis.specialty": ("specialty", "专科"),
    "basis.bed": ("bed", "床位"),
    "basis.sub-centre": ("sub-centre", "次中心"),
    "basis.township centre": ("township centre", "乡镇卫生院"),
    "basis.village": ("village", "行政村"),
    "basis.service point": ("service point", "服务点"),
    "basis.post": ("post", "岗位"),
    "basis.village doctor": ("village doctor", "乡村医生"),
    "basis.township staff member": ("township staff member", "乡镇人员"),
    "basis.posted doctor": ("posted doctor", "派驻医师"),
    "basis.clinic hour added": ("clinic hour added", "增加的门诊小时"),
    "basis.patient managed": ("patient managed", "管理的患者"),
    "basis.care home": ("care home", "养老机构"),
    "basis.ambulance": ("ambulance", "救护车"),
    "basis.hall": ("hall", "中医馆"),
    "basis.county institution": ("county institution", "县级机构"),
    "toc": ("Contents", "目录"),
}

# Units of levers' levels (levers.csv) in Chinese.
UNITS: dict[str, str] = {
    "share of counties": "县占比",
    "share of items unified": "统一事项占比",
    "share of urban districts": "市辖区占比",
    "share of beds": "床位占比",
    "share of facilities": "机构占比",
    "share of capacity": "号源床位占比",
    "share of residents added": "新增签约占常住人口比例",
    "share of teams": "团队占比",
    "share of the fund": "基金占比",
    "share of inpatient payment": "住院支付占比",
    "reimbursement rate added": "报销比例增加",
    "relative price change": "价格相对变化",
    "share of the programme": "工程完成比例",
    "beds": "张床位",
    "share of villages": "行政村占比",
    "share of residents": "居民占比",
    "share of township posts": "乡镇岗位占比",
    "share of the gap closed": "缩小差距比例",
    "share of hospitals": "医院占比",
    "relative change of beds": "床位相对变化",
    "share of new beds": "新增床位占比",
    "share of eligible stays": "适宜住院占比",
    "share of clinic hours added": "门诊时间增加比例",
    "share of the list": "目录占比",
    "share of care homes": "养老机构占比",
    "beds per 1,000 residents": "张/千人口",
    "weight in appraisal": "考核权重",
}
