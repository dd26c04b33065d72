"""User-facing text of the command line, in English and Chinese, in one place."""

from __future__ import annotations

# What a table of indicators can be split by.
SPLITS = ("tier", "county", "age", "sex", "residence", "income", "distance")

_TEXT: dict[str, tuple[str, str]] = {
    "progress.start": ("starting …", "正在启动 …"),
    "progress.compile": (
        "compiling the engine (first start after an update, half a minute) …",
        "正在编译引擎（更新后首次启动，约半分钟）…",
    ),
    "progress.pack": ("reading the pack …", "正在读取地区数据包 …"),
    "progress.residents": (
        "census residents, carried to 1 January …",
        "正在生成普查人口并推进到1月1日 …",
    ),
    "progress.first day": ("42 days of warm-up …", "42天预热 …"),
    "progress.days": (
        "day {day}/{days}  {visits:.1f} M visits  {rate:.0f} days/s  {left:.0f} s left",
        "第{day}/{days}天  诊疗{visits:.1f}百万人次  {rate:.0f}天/秒  剩余{left:.0f}秒",
    ),
    "run.written": ("written to {folder}", "已写入 {folder}"),
    "run.warning": ("warning: {warning}", "提示：{warning}"),
    "log.large": (
        "the log will be large: about {gigabytes:.1f} GB; --county and --months make it smaller",
        "诊疗日志较大：约{gigabytes:.1f} GB；可用 --county 和 --months 缩小范围",
    ),
    "run.title": (
        "{region} {year}, seed {seed}: {residents:,} residents, full population (1:1)   (run {key})",
        "{region}{year}年，种子 {seed}：{residents:,} 名居民，一比一   （运行 {key}）",
    ),
    "run.extract": (
        "Extract, not a result: the hospitals that serve the townships left out have neither "
        "queues nor bed limits.",
        "节选，不作为结果：未纳入乡镇所用的医院不设队列和床位限制。",
    ),
    "run.title_expected": (
        "{region} {year}, mean-field: expected values for {residents:,} residents, not a run of the full population; "
        "no quantiles   (run {key})",
        "{region}{year}年，平均场：{residents:,} 名居民的期望值，非一比一；无分位数   "
        "（运行 {key}）",
    ),
    "progress.solving": ("solving the four quarters …", "正在求解四个季度 …"),
    "run.indicator": ("indicator", "指标"),
    "run.all": ("all", "合计"),
    "run.districts": ("{name} (district)", "{name}（市辖区）"),
    "run.gap": ("urban - rural", "城镇－农村"),
    "run.undefined": (
        "- not defined, or nothing to divide by. In-county rates leave urban districts out of the "
        "total; their own figures stand apart.",
        "- 无定义或分母为零。县域内各率合计不含市辖区，市辖区单列。",
    ),
    "run.more": (
        "Other tables: --by {splits}. Definitions: python -m sim indicators",
        "其他分组：--by {splits}。指标定义：python -m sim indicators",
    ),
    "run.model_only": (
        "* no official series exists: a read-out of the model.",
        "* 无官方统计口径，仅为模型读数。",
    ),
    "run.snapshot": (
        "Snapshot of {year}: {residents}; conditional projection, not a forecast.",
        "{year}年快照：2020年普查居民推进到{year}年1月1日；条件推演，不是预测。",
    ),
    "tier.village": ("village", "村级"),
    "tier.township": ("township", "乡镇"),
    "tier.county": ("county", "县级"),
    "tier.city": ("city", "市级"),
    "tier.regional": ("regional", "区域中心"),
    "tier.outside": ("outside", "区域外"),
    "age.0_14": ("0-14", "0-14岁"),
    "age.15_44": ("15-44", "15-44岁"),
    "age.45_64": ("45-64", "45-64岁"),
    "age.65_74": ("65-74", "65-74岁"),
    "age.75plus": ("75+", "75岁以上"),
    "sex.male": ("male", "男"),
    "sex.female": ("female", "女"),
    "residence.rural": ("rural", "农村"),
    "residence.urban": ("urban", "城镇"),
    "income.1": ("poorest", "最低"),
    "income.2": ("2nd", "较低"),
    "income.3": ("3rd", "中等"),
    "income.4": ("4th", "较高"),
    "income.5": ("richest", "最高"),
    "distance.near": ("near", "近"),
    "distance.middle": ("middle", "中"),
    "distance.far": ("far", "远"),
    "listing.official": ("official", "官方"),
    "listing.model-only": ("model-only", "模型"),
    "listing.not_modelled": ("not modelled: {why}", "未建模：{why}"),
    "info.anchors": (
        "Anchors of the national reference county (behaviour of every region comes from here)",
        "全国参照县锚点（各地区行为参数由此继承）",
    ),
    "interrupted": ("interrupted; nothing was written", "已中断；未写入任何文件"),
    "info.values": (
        "Region pack: {total:,} values, {weak:,} of them assumed or recalled: {parts}",
        "地区数据包：共{total:,}个数值，其中设定或凭记忆的{weak:,}个：{parts}",
    ),
    "info.parameters": (
        "Model parameters: {total} numbers, {weak} of them assumed or recalled: {parts}",
        "模型参数：共{total}个数，其中设定或凭记忆的{weak}个：{parts}",
    ),
    "info.borrowed": (
        "Behaviour borrowed: {n} local figures of use, fewer than {enough}; how people here choose "
        "is taken from national figures.",
        "行为参数借用：本地服务利用锚点{n}个，不足{enough}个；居民就医行为沿用全国数据。",
    ),
    "filling.head": (
        "{cells} cells are still to be filled in {files} files: each says FILL now.",
        "{files} 个文件中还有 {cells} 个单元格待填写（现为 FILL）。",
    ),
    "filling.others": ("{faults} other faults, to be mended:", "另有 {faults} 处错误需改正："),
    "filling.rows": ("(row {rows}):", "（第 {rows} 行）："),
    "allowed.integer": ("a whole number", "整数"),
    "allowed.number": ("a decimal number", "小数"),
    "allowed.range": (" from {low} to {high}", "，{low} 至 {high}"),
    "allowed.key": ("a key", "字母、数字、点、横线、下划线组成的标识"),
    "allowed.code": ("a six-digit division code", "六位行政区划代码"),
    "allowed.text": ("text on one line", "一行文字"),
    "allowed.boolean": ("yes or no", "yes 或 no"),
    "allowed.choice": ("one of {choices}", "取其一：{choices}"),
    "new_region.written": (
        "A pack to be filled is in {folder}; {folder}/README.md explains every column, and "
        "{folder}/example is one that is filled.\nNext: python -m sim verify {folder}",
        "待填写的数据包已写入 {folder}；{folder}/README.md 说明每一列，"
        "{folder}/example 是填好的示例。\n下一步：python -m sim verify {folder} --lang zh",
    ),
    "info.people": ("People, census of 2020", "人口（2020年人口普查）"),
    "info.census": ("residents", "常住人口"),
    "info.urban": ("urban", "城镇"),
    "info.rural": ("rural", "乡村"),
    "info.years": (" years", "岁"),
    "info.later": ("Published residents at the end of", "年末常住人口："),
    "info.counties": (
        "Facilities, beds and full-time doctors by county and tier",
        "各县（市、区、旗）各级机构数、床位数和全时医师数",
    ),
    "info.county": ("county", "县（市、区、旗）"),
    "info.people_column": ("people", "人口"),
    "info.urban_share": ("urban", "城镇率"),
    "info.beds": ("beds", "床位"),
    "info.doctors": ("doctors", "医师"),
    "info.total": ("total", "合计"),
    "info.density": ("Densities", "每千人口资源"),
    "info.denominator": ("Residents divided by:", "分母（常住人口）："),
    "info.beds_total": ("Beds", "床位数"),
    "info.doctors_licensed": ("Licensed (assistant) doctors", "执业（助理）医师"),
    "info.per_1000": ("per 1000", "每千人口"),
    "info.prices": ("Prices, constant 2023 yuan", "价格（2023年不变价，元）"),
    "info.tier": ("tier", "层级"),
    "info.kind": ("kind", "机构类别"),
    "info.visit_yuan": ("a visit", "次均门诊费用"),
    "info.stay_yuan": ("a stay", "次均住院费用"),
    "info.status": ("known as", "来源状态"),
    "info.rates": ("Reimbursement", "医保报销"),
    "info.scheme": ("scheme", "险种"),
    "info.visit_rate": ("of a visit", "门诊支付比例"),
    "info.stay_rate": ("of a stay", "住院支付比例"),
    "info.deductible": ("deductible, yuan", "起付线（元）"),
    "info.named": ("Named or counted by the plan", "规划点名或列数的机构与组织"),
    "info.no_number": ("no number printed", "未公布数量"),
    "info.local": (
        "Local anchors: published figures of use, each against a run of its own year",
        "本地锚点：公布的服务利用数据与同年模拟值",
    ),
    "info.stocks": (
        "Other published local figures (inputs of the pack, or not simulated)",
        "其他本地公布数据（作为输入，或模型不模拟）",
    ),
    "info.shifts": ("Shifts they cause (calibrated):", "由此产生的参数偏移（校准）："),
    "info.anchor": ("anchor", "锚点"),
    "info.year": ("year", "年份"),
    "info.published": ("published", "公布值"),
    "info.allowed": ("allowed error", "允许误差"),
    "info.national": ("national behaviour", "全国行为模拟值"),
    "info.simulated": ("simulated", "模拟值"),
    "info.residual": ("residual", "残差"),
    "info.solved": ("solved", "求解"),
    "info.met": ("within", "在误差内"),
    "info.use": ("use", "用途"),
    "info.run": ("run", "运行"),
    "info.yes": ("yes", "是"),
    "info.no": ("no", "否"),
    "info.sensitive": (
        "The ten assumptions that matter most (reference county 2023, each at its low and high "
        "end; effect in allowed errors, python -m benchmarks.sensitivities)",
        "影响最大的十项设定（2023年参照县，逐项取上下限；效应以允许误差为单位，"
        "python -m benchmarks.sensitivities）",
    ),
    "info.parameter": ("parameter", "参数"),
    "info.name": ("what it is", "含义"),
    "info.effect": ("effect", "效应"),
    "info.most_on": ("most on", "影响最大的指标"),
    "info.at_low": ("at low", "下限时"),
    "info.at_high": ("at high", "上限时"),
    "info.weak": ("What this rests on", "数据与参数的可靠程度"),
    "info.assumptions": ("Assumed or recalled parameters", "设定或凭记忆的参数"),
    "status.published": ("published", "公布"),
    "status.derived": ("derived", "推算"),
    "status.computed": ("computed", "计算"),
    "status.literature": ("literature", "文献"),
    "status.calibrated": ("calibrated", "校准"),
    "status.assumed": ("assumed", "设定"),
    "status.recalled": ("recalled", "凭记忆"),
    "unit.%": ("%", "%"),
    "unit.beds": ("beds", "张"),
    "unit.count": ("", ""),
    "parameter.tier_constant": ("pull of the tier", "层级吸引力"),
    "parameter.stay_mean": ("mean stay", "平均住院日"),
    "parameter.admission_scale": ("readiness to admit", "入院倾向"),
    "quantity.hospital_beds": ("beds", "床位数"),
    "quantity.hospital_health_personnel": ("health personnel", "卫生技术人员数"),
    "quantity.hospital_surgeries": ("operations", "手术例数"),
    "quantity.hospital_visits": ("visits", "诊疗人次"),
    "quantity.hospital_discharges": ("discharges", "出院人次"),
    "quantity.hospital_admissions": ("admissions", "入院人次"),
    "unit.days": ("days", "天"),
    "unit.discharges": ("discharges", "人次"),
    "unit.visits": ("visits", "人次"),
    "unit.persons": ("persons", "人"),
    "unit.per 1000": ("per 1000", "每千人口"),
    "unit.per 10000": ("per 10000", "每万人口"),
    "use.fitted": ("fitted", "拟合"),
    "use.compared": ("compared", "对照"),
    "use.scale": ("for scale", "仅供量级参考"),
    "stage.existing": ("existing", "已有"),
    "stage.project": ("project", "建设中"),
    "stage.target": ("target", "目标"),
    "level.tertiary_a": ("tertiary grade A", "三级甲等"),
    "level.tertiary": ("tertiary", "三级"),
    "level.secondary_a": ("secondary grade A", "二级甲等"),
    "level.secondary": ("secondary", "二级"),
    "simulated.alone": ("simulated", "单独模拟"),
    "simulated.within": ("folded into another", "并入其他机构模拟"),
    "simulated.no": ("not simulated", "不模拟"),
    "scheme.employee": ("employee", "职工医保"),
    "scheme.resident": ("resident", "居民医保"),
    "kind.village_clinic": ("village clinic", "村卫生室"),
    "kind.community_station": ("community station", "社区卫生服务站"),
    "kind.township_centre": ("township centre", "乡镇卫生院"),
    "kind.community_centre": ("community centre", "社区卫生服务中心"),
    "kind.general_hospital": ("general hospital", "综合医院"),
    "kind.tcm_hospital": ("TCM hospital", "中医医院"),
    "kind.maternal_child_hospital": ("maternal-child hospital", "妇幼保健院"),
    "kind.private_hospital": ("private hospital", "民营医院"),
    "kind.regional_centre": ("regional centre", "区域医疗中心"),
    "kind.outside_hospital": ("hospital outside", "区域外医院"),
    "headline.visits_per_person": ("visits per resident", "居民平均就诊次数"),
    "headline.admissions_per_100": ("admissions per 100", "年住院率"),
    "headline.primary_share_in_county": ("primary share in county", "县域内基层诊疗占比"),
    "headline.in_county_visit_rate": ("in-county visit rate", "县域内就诊率"),
    "headline.in_county_admission_share": ("in-county admissions", "县域内住院率"),
    "headline.bed_occupancy": ("bed occupancy", "病床使用率"),
    "headline.wait_minutes_mean": ("mean wait", "平均候诊时间"),
    "headline.out_of_pocket_per_person": ("out-of-pocket", "人均个人支付"),
}


def known(key: str) -> bool:
    """True when there is a text of this key; packs of one's own have units we have none for."""
    return key in _TEXT


def pad(cell: str, width: int, right: bool = False) -> str:
    """Pad to a width in terminal columns; Chinese characters take two."""
    columns = sum(2 if ord(c) > 0x2E80 else 1 for c in cell)
    space = " " * max(0, width - columns)
    return space + cell if right else cell + space


def text(key: str, lang: str) -> str:
    """Text of a key in `en` or `zh`.

    >>> text("tier.county", "zh")
    '县级'
    """
    return _TEXT[key][1 if lang == "zh" else 0]
