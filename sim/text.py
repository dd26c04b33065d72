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
        "{region} {year}, seed {seed}: {residents:,} residents, one to one   (run {key})",
        "{region}{year}年，种子 {seed}：{residents:,} 名居民，一比一   （运行 {key}）",
    ),
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
    "info.anchor_head": (
        "anchor|year|published|simulated|allowed|residual|solved",
        "锚点|年份|公布值|模拟值|允许误差|残差|求解",
    ),
    "info.local": ("Published local figures, for comparison", "本地公布数据（供对照）"),
    "interrupted": ("interrupted; nothing was written", "已中断；未写入任何文件"),
    "info.values": ("Values of the pack by status: {parts}", "数据包数值按状态：{parts}"),
    "info.parameters": (
        "Model parameters: {total} numbers, of which {parts}",
        "模型参数：共{total}个数，其中{parts}",
    ),
    "info.borrowed": (
        "Behaviour borrowed: fewer than five local figures anchor this region.",
        "行为参数借用：本地锚点不足五个。",
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
}


def text(key: str, lang: str) -> str:
    """Text of a key in `en` or `zh`.

    >>> text("tier.county", "zh")
    '县级'
    """
    return _TEXT[key][1 if lang == "zh" else 0]
