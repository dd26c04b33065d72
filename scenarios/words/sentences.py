"""Sentences of the comparison of scenarios, in English and Chinese: notes, limits, summary."""

from __future__ import annotations

SENTENCES: dict[str, tuple[str, str]] = {
    # notes
    "note.meanfield": (
        "Figures are expected values of the mean-field, which differs from the full-population (1:1) engine by "
        "what docs/meanfield.md measures; --seeds K corrects for it on K paired runs.",
        "数值为期望值，由平均场近似算出，未逐人推演；与逐人（一比一）推演的差异见 docs/meanfield.md，"
        "命令选项 --seeds K 用K组配对的逐人推演加以修正。",
    ),
    "note.shifted": (
        "Figures are those of the mean-field, moved by what {seeds} paired full-population (1:1) runs differed "
        "from it. Where there are draws, random variation between runs is in the range.",
        "数值由平均场近似算出，并按{seeds}组配对的逐人（一比一）推演修正；有抽样时区间含随机波动。",
    ),
    "note.draws_left_out": (
        "{left_out} more draws had no solution under one of the scenarios and are left out of all.",
        "另有{left_out}组抽样在某一情景下无解，各情景均未计入。",
    ),
    "note.draws": (
        "The range is that of 5% to 95% of {draws} parameter draws, each with lever effects drawn in "
        "their 90% ranges, the same in every scenario; a chance is a share of these draws.",
        "区间为{draws}组参数抽样的5%–95%，每组并在90%范围内抽取措施效应，各情景抽样相同；"
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
    "note.seeds_only": (
        "The range is random variation between {seeds} seeds only; parameters stay at their middle values.",
        "区间仅为{seeds}个随机种子之间的波动，参数取中间值。",
    ),
    "note.years": (
        "Years added because a target is due: {years}.",
        "因目标到期而增加的年份：{years}。",
    ),
    "note.no_change": (
        "{name} changes nothing against the first scenario.",
        "“{name}”与第一个情景相同，未改动任何措施。",
    ),
    "note.direction": (
        "A direction (increase, decrease) counts as met however small the change is.",
        "只提方向（提高、降低）的目标，变化再小也计为达标，须看幅度。",
    ),
    "note.clause": (
        "Clauses are numbered as the plan prints them: 二(一)3 is part two, section one, item 3; 表 a table, "
        "专栏 a box.",
        "条文编号按规划原文：二(一)3 即第二部分第（一）节第3项。",
    ),
    "note.ready": (
        "Levers at 90%: those whose slowest effect has reached 90% by 1 July of the year. A target missed "
        "while few have is missed for want of time.",
        "已达九成效果的措施：到目标年7月1日，最慢的效应已达九成的措施数。多数未达时，"
        "未达标首先是时间不够。",
    ),
    "note.in_county": (
        "In-county shares are those of residents of counties, banners and county-level cities; urban "
        "districts are left out.",
        "县域内各项只计县、旗、县级市居民，不含市辖区。",
    ),
    "note.occupancy": (
        "Bed occupancy counts temporary beds and may exceed 100%.",
        "病床使用率含加床，可超过100%。",
    ),
    "note.flows": (
        "All residents, urban districts too; hence “in the own county” is not the in-county visit rate "
        "or admission share above, which leave districts out.",
        "按全体居民统计，含市辖区；因此“本县域”占比与前表不含市辖区的县域内就诊率、住院人次占比不同。",
    ),
    "note.own_centre": (
        "Under {arms} the regional tier is the centre built in the region; patients of centres elsewhere "
        "are then in the tier outside. Compare the places to see who leaves the region. Who finds no bed "
        "at the centre asks at the city hospitals, and outside if they have failed him. Nobody knows the "
        "wait for a bed before he asks for one: requests at the centre are demand.",
        "{arms}下“区域中心”指在本地建成的中心，去外地区域中心的患者计入“区域外”层级；是否外流请看“地点”各行。"
        "模型中在该中心等不到床位的患者改到市级医院申请床位（已在市级医院未治好的转往区域外）；"
        "申请之前并不知道要等多久，故该中心的床位申请反映需求。",
    ),
    "note.relief": (
        "Relieved and added to by: change of the value over its mark when the lever is added alone to "
        "the first scenario.",
        "可缓解、加重的措施：在第一个情景上单独加入该措施时，“与警戒值之比”的变化。",
    ),
    "note.no_relief": (
        "What relieves a bottleneck is not told: levers were not run one by one (--no-levers).",
        "未列可缓解的措施：本次未逐项推演（--no-levers）。",
    ),
    "note.names": (
        "(generic): the published tables give no name; (together): several small facilities as one.",
        "（通名）：公开资料未列机构名称；（合并）：多家小型机构合为一家。",
    ),
    "note.losers": ("Worse off: {worded}.", "变差的人群：{worded}。"),
    "note.no_losers": (
        "No group is worse off in any of these indicators.",
        "各人群的这些指标均未变差。",
    ),
    "note.losers_drawn": (
        "Worse off in at least 95% of the draws: {worded}.",
        "在至少95%的抽样中变差的人群：{worded}。",
    ),
    "note.no_losers_drawn": (
        "No group is worse off in 95% of the draws; where a range crosses 0 the sign is open.",
        "没有人群在95%的抽样中变差；区间跨0的，方向不能确定。",
    ),
    "note.middle": (
        "This table is of middle parameters and effects, and may differ somewhat from the medians of the "
        "draws in other tables.",
        "本表按参数与效应的中间值计算，与其他表的抽样中位数可略有出入。",
    ),
    "note.change": (
        "A change is taken draw by draw before its median is; it need not be the difference of two medians.",
        "变化先逐次抽样相减再取中位数，不一定等于两个中位数之差。",
    ),
    "note.base_year": (
        "{arms}: levers were at work before {year}, so its figures of {year} differ from those of "
        "“{base}” shown here.",
        "{arms}的措施在{year}年以前已开始，其{year}年数值与此处“{base}”不同。",
    ),
    "note.inputs": (
        "Figures of a year are its mean: a lever in full on 31 December counts from the next year on. Where "
        "a level is not in the unit of the goal, the table of levels says how it was set.",
        "年度数值为全年平均：12月31日才全部到位的措施，次年起才全部体现。水平与目标口径不同的，"
        "理由见“各项措施的设定水平”表。",
    ),
    "note.no_income": (
        "Not told by income: the mean-field does not tell incomes apart; --seeds K does, by one-to-one "
        "runs.",
        "未按收入列出：平均场近似不区分收入；命令选项 --seeds K 用逐人推演区分。",
    ),
    "note.evidence": (
        "Evidence: A arithmetic or strong local evidence; B quasi-experiment in China or exact theory; "
        "C observation or simulation; D our assumption. Levels with a clause but without a printed "
        "number are ours too.",
        "证据等级：A 算术关系或有力的本地证据；B 国内准实验或严格理论；C 观察或模拟研究；D 本项目假设。"
        "条文未给数值的，水平亦为本项目假设。",
    ),
    # limits
    "limit.evidence": (
        "Lever effects come from published studies elsewhere or are our assumptions, not from this "
        "region's data; most levels are ours because clauses print no number.",
        "措施效应来自其他地区的研究或本项目假设，不来自本地数据；多数条文未给数值，水平为本项目设定。",
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
        "Unit costs are assumed (scenarios/plans/costs.csv, to be edited); the low and high sums take all "
        "levers low or high together. Money is constant 2023 yuan.",
        "单位费用均为设定（scenarios/plans/costs.csv，可修改）；合计的低、高值为各项同取低值或高值。"
        "金额为2023年不变价。",
    ),
    "limit.singles": (
        "Levers one by one use the mean-field with middle values: indicative, not precise. What "
        "they do together beyond the sum is shown as interaction.",
        "逐项作用由平均场按中间值计算，仅供参考；合计超出单项之和的部分列为交互作用。",
    ),
    "limit.strain": (
        "Marks of strain, for ranking only (assumed): bed occupancy 95%, wait 60 minutes, 5% left "
        "unseen, one day for a bed, 20% of bed requests that look elsewhere. The wait for a bed is "
        "that of the admitted.",
        "瓶颈警戒值仅用于排序（设定）：病床使用率95%、候诊60分钟、未就诊离开5%、候床1天、"
        "因无床位转往他处20%。候床天数为已入院者的平均。",
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
        "Under most pressure in {year} under “{arm}”: {facility} ({what}){relief}.",
        "“{arm}”{year}年压力最大：{facility}（{what}）{relief}。",
    ),
    "say.no_bottleneck": (
        "No facility passes a mark of strain in {year} under “{arm}”; nearest: {facility} ({what}){relief}.",
        "“{arm}”{year}年没有机构超过警戒值；最接近的是{facility}（{what}）{relief}。",
    ),
    "say.relief": ("; relieved most by {levers}", "，最能缓解的是{levers}"),
    "say.no_targets": (
        "The plan prints no target that the model can judge: what it sets or leaves outside the model "
        "is listed below, and scenarios are compared with each other only.",
        "规划没有可由模型判定的目标（作为情景输入和模型以外的目标列于后文），只比较各情景。",
    ),
    "say.time": (
        "{arms}: levers start in {start}; {ready} of {levers} have reached 90% of their effect by 1 July "
        "{year}. Figures of {year} hold a part of what the plan can do; a target missed then may be missed "
        "for want of time.",
        "{arms}：措施自{start}起推进，到{year}年7月1日，{levers}项中有{ready}项达到九成效果；"
        "{year}年数值只含规划的部分作用，届时未达标可能是时间不够。",
    ),
    "say.costs": (
        "The costed levers of “{arm}” come to {once} once and {yearly} a year; {uncosted} levers have no "
        "number to cost them with.",
        "“{arm}”已计费措施一次性{once}，每年{yearly}；另有{uncosted}项无数量可计费。",
    ),
}
