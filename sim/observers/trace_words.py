"""The words of a trace, in English and Chinese, in one place."""

from __future__ import annotations

_TEXT: dict[str, tuple[str, str]] = {
    "title": (
        "A year of resident {row} in {region}, {year}, seed {seed}   (run {key})",
        "{region}{year}年 居民{row}的一年，种子{seed}   （运行 {key}）",
    ),
    "synthetic": (
        "A synthetic person: nobody real has this record.",
        "合成居民，不对应任何真实个人。",
    ),
    "who": (
        "{sex}, {age} years old, {residence}; {insurance} insurance; income fifth {income_fifth} "
        "(1 is poorest).",
        "{sex}，{age}岁，{residence}居民；{insurance}；收入第{income_fifth}五分位（1为最低）。",
    ),
    "home": (
        "Lives in village {village} of {township}, {county} ({code}).",
        "住在{county}（{code}），村（社区）序号{village}。",
    ),
    "near": ("Nearby: {places}.", "附近机构：{places}。"),
    "near.one": ("{name} ({minutes:.0f} min)", "{name}（{minutes:.0f}分钟）"),
    "health": (
        "Chronic disease: {chronic}. Family-doctor contract: {contract}.",
        "慢性病：{chronic}。家庭医生签约：{contract}。",
    ),
    "taste": (
        "Minds price {price:.2f} times and travel {travel:.2f} times as much as is usual. Thinks of "
        "quality, 0 to 1: {quality}.",
        "对价格的在意程度为常人的{price:.2f}倍，对路程为{travel:.2f}倍。对各级质量的印象（0至1）：{quality}。",
    ),
    "legend": (
        "Utility adds up what speaks for (+) and against (−) a way out; the larger, the likelier. "
        "Liking is the constant of a tier or of self-care, size a hospital's share of the doctors of "
        "its tier. Chances follow from all utilities together, and one keyed draw decides. "
        "Difficulty runs from 0 to 1: a facility resolves what is within its capability.",
        "效用为各项有利（+）与不利（−）因素之和，越大越可能被选。“基本偏好”为该层级或自我照护的常数，"
        "“规模”为医院占同级医师的份额。概率由全部效用共同决定，由一次确定的抽签定夺。病情难度0至1："
        "机构只能解决其能力以内的病情。",
    ),
    "illness": (
        "Falls ill: {need_class}, difficulty {difficulty:.2f}{began}.",
        "患病：{need_class}，难度{difficulty:.2f}{began}。",
    ),
    "ill_since": (
        "Still ill{began}: {need_class}, difficulty {difficulty:.2f}.",
        "病情延续{began}：{need_class}，难度{difficulty:.2f}。",
    ),
    "illness.began": (" (since {onset})", "（始于{onset}）"),
    "weighs": ("Weighs {n} ways out:", "在{n}个选择中权衡："),
    "weighs.again": ("Looks higher up and weighs {n} ways out:", "转向更高层级，在{n}个选择中权衡："),
    "weighs.instead": (
        "The place arranged cannot take {him}; weighs {n} ways out:",
        "原定机构无法接诊，重新在{n}个选择中权衡：",
    ),
    "option": (
        "{chance:>4} {name}: {utility} = {parts}",
        "{chance:>4} {name}：{utility} = {parts}",
    ),
    "option.facts": (
        " ({minutes:.0f} min away, wait {wait:.0f} min{days}, {yuan:.2f} yuan)",
        "（路程{minutes:.0f}分钟，候诊约{wait:.0f}分钟{days}，自付{yuan:.2f}元）",
    ),
    "option.days": (", in {days} d", "，{days}天后"),
    "option.others": ("below {least:.0%} each: {names}", "以下各不足{least:.0%}：{names}"),
    "why": ("Chooses {chosen} rather than {other}: {reasons}.", "选择{chosen}而非{other}：{reasons}。"),
    "why.for": ("for it {parts}", "有利：{parts}"),
    "why.against": ("against it {parts}", "不利：{parts}"),
    "why.equal": ("they weigh the same", "二者相当"),
    "why.draw": (" By chance {other} was likelier; the draw fell otherwise.", "按概率{other}更可能，抽签结果不同。"),
    "self_care": ("self-care at home", "在家自我照护"),
    "recovers.yes": ("Sees nobody and gets well.", "未就医，自愈。"),
    "recovers.no": (
        "Sees nobody, and the illness is not resolved.",
        "未就医，病情未得到解决。",
    ),
    "due": (
        "The first day {name} can see {him} is {due}.",
        "{name}最早可就诊日期为{due}。",
    ),
    "goes.named": ("Goes to {name} as arranged.", "按约前往{name}。"),
    "goes.referral": ("Follows the referral to {name}.", "持转诊单前往{name}。"),
    "goes.due": (
        "Is to go to {name}; the first day it is open is {due}.",
        "将前往{name}，最早开诊日期为{due}。",
    ),
    "goes.ambulance": (
        "An ambulance takes {him} to the nearest hospital with an emergency department: {name}.",
        "救护车就近送往设有急诊的{name}。",
    ),
    "goes.ambulance_up": (
        "An ambulance takes {him} to the nearest hospital of a higher tier with an emergency "
        "department: {name}.",
        "救护车就近送往更高层级、设有急诊的{name}。",
    ),
    "visit.no_queue": (
        "At {name}{pool}: {waits}, its published wait, then sees the doctor. {outcome} {money} The "
        "way there and back takes {travel:.0f} min.",
        "到达{name}{pool}：{waits}（公布值）后就诊。{outcome}{money}往返路程{travel:.0f}分钟。",
    ),
    "visit": (
        "{time} at {name}{pool}: {waits}, then sees the doctor{tests}. {outcome} {money} The way "
        "there and back takes {travel:.0f} min.",
        "{time}到达{name}{pool}：{waits}后就诊{tests}。{outcome}{money}往返路程{travel:.0f}分钟。",
    ),
    "visit.unseen": (
        "{time} at {name}{pool}: {waits} and leaves unseen at the end of the session. {outcome}",
        "{time}到达{name}{pool}：{waits}，门诊结束仍未轮到，未就诊离开。{outcome}",
    ),
    "tests": (", has tests and sees the doctor again", "，检查后复看"),
    "waits": ("waits {minutes:.0f} min", "候诊{minutes:.0f}分钟"),
    "waits.not": ("waits less than a minute", "候诊不足1分钟"),
    "outcome.resolved": ("The doctor resolves it.", "病情得到解决。"),
    "outcome.bed_requested": ("The doctor wants {him} admitted.", "医生建议住院。"),
    "outcome.referred": (
        "Not resolved: the doctor refers {him} to {next}, on {due}.",
        "未能解决：医生转诊至{next}，日期{due}。",
    ),
    "outcome.escalated": (
        "Not resolved: will look higher up tomorrow, without a referral.",
        "未能解决：次日自行前往更高层级。",
    ),
    "outcome.declined": (
        "Not resolved: the doctor writes a referral, but {he} will choose for {self} tomorrow.",
        "未能解决：医生开具转诊单，但次日自行选择更高层级。",
    ),
    "outcome.ended_unresolved": (
        "Not resolved, and {he} goes no further.",
        "未能解决，不再继续就医。",
    ),
    "outcome.returns": ("Will come back on {due}.", "将于{due}再来。"),
    "outcome.gave_up": ("Gives up.", "放弃就医。"),
    "money": (
        "Charge {charge} yuan: fund {fund}, own {own}.",
        "费用{charge}元：基金{fund}元，个人{own}元。",
    ),
    "bed_asked.transfer": ("Is moved up to {name}, where a bed is asked for.", "上转至{name}，申请床位。"),
    "bed_asked.step_down": ("Comes to {name} to recover; a bed is asked for.", "下转至{name}康复，申请床位。"),
    "bed_asked.seek_bed": ("Asks for a bed at {name} instead.", "改向{name}申请床位。"),
    "admitted": ("Has a bed at {name} {waited} ({how}).", "{waited}入住{name}（{how}）。"),
    "admitted.once": ("without waiting", "无需候床，"),
    "admitted.waited": ("after waiting {days} d for it", "候床{days}天后"),
    "no_bed": ("Still no bed: will ask at {name} tomorrow.", "仍无床位：次日改向{name}申请。"),
    "no_bed.home": ("There is no bed: goes home.", "无床可住，回家。"),
    "discharged": ("Leaves {name} after {days} d: {ending}. {money}", "在{name}住院{days}天后离院：{ending}。{money}"),
    "ending.home": ("resolved, home", "病情解决，回家"),
    "ending.home_unresolved": ("not resolved, home", "病情未解决，回家"),
    "ending.transferred": ("beyond its capability, to be moved up to {next}", "超出该院能力，上转至{next}"),
    "ending.back_referred": ("back-referred to {next} to recover", "下转至{next}康复"),
    "in_bed": ("The year ends; still in bed at {name}.", "年末仍在{name}住院。"),
    "chronic": ("Chronic disease, before {before}: now {after}.", "慢性病由“{before}”变为“{after}”。"),
    "contract": ("Family-doctor contract, before {before}: now {after}.", "家庭医生签约由“{before}”变为“{after}”。"),
    "bore": ("Has given birth in the month before.", "上月分娩。"),
    "died": ("Has died in the month before.", "上月去世。"),
    "moved": ("Has moved out of the region.", "已迁出本地区。"),
    "nothing": ("Nothing happens: no illness this year.", "全年无事：未患病。"),
    "year": ("The year in all", "全年合计"),
    "year.visits": (
        "Illnesses {illnesses}, of which self-care {self_care}; visits {visits}{tiers}; left unseen "
        "{left_unseen}; admissions {admissions}; days of stays ended {bed_days}.",
        "患病{illnesses}次，其中自我照护{self_care}次；就诊{visits}人次{tiers}；未就诊离开{left_unseen}次；"
        "入院{admissions}人次；出院者住院{bed_days}天。",
    ),
    "fund_used_up": (
        "The fund's yearly limit for visits is used up: a visit costs its full price.",
        "当年门诊统筹额度已用完，门诊费用全部自付。",
    ),
    "year.time": (
        "Waiting before the doctor {wait:.0f} min; on the way to visits and back {travel:.1f} h.",
        "候诊共{wait:.0f}分钟，就诊往返路程共{travel:.1f}小时。",
    ),
    "class.minor": ("minor illness", "一般急性病（轻症）"),
    "class.chronic": ("routine care of a chronic disease", "慢性病常规诊疗"),
    "class.complex": ("complex illness", "复杂疾病"),
    "class.critical": ("critical illness", "危急重症"),
    "sex.male": ("Man", "男"), "sex.female": ("Woman", "女"),
    "child.male": ("Boy", "男"), "child.female": ("Girl", "女"),
    "residence.rural": ("rural", "农村"), "residence.urban": ("urban", "城镇"),
    "insurance.employee": ("employee", "职工医保"), "insurance.resident": ("resident", "居民医保"),
    "chronic.none": ("none", "无"), "chronic.controlled": ("controlled", "控制良好"),
    "chronic.uncontrolled": ("uncontrolled", "未控制"), "chronic.advanced": ("advanced", "晚期"),
    "contract.none": ("none", "未签约"), "contract.nominal": ("nominal", "名义签约"),
    "contract.effective": ("effective", "有效签约"),
    "pool.internal": ("internal medicine", "内科"), "pool.surgery": ("surgery", "外科"),
    "pool.women_children": ("women and children", "妇儿科"), "pool.tcm": ("TCM", "中医科"),
    "pool.other": ("other clinics", "其他科室"), "pool.emergency": ("emergency", "急诊"),
    "kind.emergency": ("emergency", "急诊入院"), "kind.referred": ("referred", "转诊入院"),
    "kind.elective": ("elective", "择期入院"), "kind.transfer": ("transfer up", "上转入院"),
    "kind.step_down": ("back-referred", "下转入院"), "kind.sought": ("no bed elsewhere", "他院无床"),
    "part.constant": ("liking", "基本偏好"), "part.size": ("size", "规模"),
    "part.wait": ("waiting", "候诊"), "part.delay": ("days to the visit", "等待天数"),
    "part.stay_price": ("price of a stay", "住院自付"),
    "part.quality": ("quality as seen", "质量印象"), "part.travel": ("the way", "路程"),
    "part.price": ("price of the visit", "门诊自付"), "part.contract": ("family doctor", "家庭医生"),
    "part.habit": ("habit", "就医习惯"), "part.experience": ("last experience", "上次结果"),
    "list": (", ", "、"), "and": ("; ", "；"), "brackets": (" ({inside})", "（{inside}）"), "space": (" ", ""),
    "day": ("{day} {month}, {weekday}", "{month}月{day}日 周{weekday}"),
    "months": ("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "1 2 3 4 5 6 7 8 9 10 11 12"),
    "weekdays": ("Mon Tue Wed Thu Fri Sat Sun", "一 二 三 四 五 六 日"),
}  # fmt: skip


def words(key: str, lang: str) -> str:
    """Text of a key in `en` or `zh`; braces are filled in by sim.observers.trace_page.

    >>> words("class.critical", "zh")
    '危急重症'
    """
    return _TEXT[key][1 if lang == "zh" else 0]
