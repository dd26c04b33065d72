"""A story of `sim.observers.trace` as a page of sentences, in English or Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sim.observers.trace_words import words
from sim.words import text as shared

_WIDTH, _MARGIN = 100, 14  # columns of a line, and of the day before it
_LEAST_CHANCE = 0.02  # options below are named together
_LEAST_PART = 0.005  # parts below show as 0.00
_LEAST_REASON = 0.05  # differences below are no reason
_OPTION_MARKS = ("  ", "> ")  # before an option, before the chosen one
_OPTION_HANG = 7  # columns of a mark and a chance
# Where a line may be folded: after a Chinese character or a word, with the marks that end a clause.
_PIECE = re.compile(r"[\u2e80-\uffff][，。；：、）”]*|[^\s\u2e80-\uffff]+[，。；：、）”]*|\s+")
_PRONOUNS = {
    "male": {"he": "he", "him": "him", "self": "himself"},
    "female": {"he": "she", "him": "her", "self": "herself"},
}


def page(story: Mapping[str, Any], lang: str) -> str:
    """A story of sim.observers.trace as text; `lang` en or zh."""
    return _Page(story, lang).text()


class _Page:
    def __init__(self, story: Mapping[str, Any], lang: str) -> None:
        self.story = story
        self.lang = lang
        self.pronouns = _PRONOUNS[story["resident"]["sex"]]
        self.lines: list[str] = []

    def text(self) -> str:
        self._head()
        day = ""
        for event in self.story["events"]:
            reported = self._event(event)
            if event["date"] != day:
                day = event["date"]
                self.lines.append("")
                self._put(reported[0], self._day(day))
                reported = reported[1:]
            for line in reported:
                self._put(line)
        if not self.story["events"]:
            self.lines += ["", self.say("nothing")]
        self._sum()
        return "\n".join(self.lines)

    # ------------------------------------------------------------------ parts of the page

    def _head(self) -> None:
        who, run = self.story["resident"], self.story["run"]
        sex = ("child." if who["age"] < 15 else "sex.") + who["sex"]
        named = run["region_name_zh" if self.lang == "zh" else "region_name"]
        self.lines += [self.say("title", row=who["row"], **{**run, "region": named}), ""]
        self._put(
            self.say(
                "who", sex=self.say(sex), age=who["age"], income_fifth=who["income_fifth"],
                residence=self.say(f"residence.{who['residence']}"),
                insurance=self.say(f"insurance.{who['insurance']}"),
            ), margin=0,
        )  # fmt: skip
        county = who["county_name_zh" if self.lang == "zh" else "county_name"]
        home = {"village": who["village"], "township": who["township"], "county": county}
        self._put(self.say("home", code=who["county"], **home), margin=0)
        places = [
            self.say("near.one", name=self._name(place), minutes=60.0 * place["hours"])
            for place in who["near"].values()
        ]
        self._put(self.say("near", places=self.say("list").join(places)), margin=0)
        chronic = self.say(f"chronic.{who['chronic']}")
        contract = self.say(f"contract.{who['contract']}")
        self._put(self.say("health", chronic=chronic, contract=contract), margin=0)
        quality = [
            f"{shared(f'tier.{tier}', self.lang)} {value:.2f}"
            for tier, value in who["quality_seen"].items()
        ]
        self._put(
            self.say(
                "taste", price=who["price_taste"], travel=who["travel_taste"],
                quality=self.say("list").join(quality),
            ), margin=0,
        )  # fmt: skip
        self.lines.append("")
        self._put(self.say("legend"), margin=0)

    def _sum(self) -> None:
        year = self.story["year"]
        tiers = [
            f"{shared(f'tier.{tier}', self.lang)} {count}"
            for tier, count in year["visits_by_tier"].items()
        ]
        listed = self.say("brackets", inside=self.say("list").join(tiers)) if tiers else ""
        self.lines += ["", self.say("year")]
        self._put(self.say("year.visits", tiers=listed, **year), margin=2)
        hours = year["travel_minutes"] / 60.0
        self._put(self.say("year.time", wait=year["wait_minutes"], travel=hours), margin=2)
        self._put(self._money(year), margin=2)
        self.lines += ["", self.say("synthetic")]

    def _event(self, event: Mapping[str, Any]) -> list[str]:
        kind = event["event"]
        if kind == "choice":
            return self._choice(event)
        if kind == "visit":
            return [self._visit(event)]
        name = self._name(event) if "name" in event else ""
        if kind in ("illness", "ill_since"):
            late = event["onset"] != event["date"]
            began = self.say("illness.began", onset=self._day(event["onset"])) if late else ""
            what = self.say(f"class.{event['need_class']}")
            return [self.say(kind, need_class=what, difficulty=event["difficulty"], began=began)]
        if kind in ("chronic", "contract"):
            before, after = (self.say(f"{kind}.{event[key]}") for key in ("from", "to"))
            return [self.say(kind, before=before, after=after)]
        if kind == "bed_asked":
            return [self.say(f"bed_asked.{event['asks']}", name=name)]
        if kind == "no_bed" and not name:
            return [self.say("no_bed.home")]
        if kind == "admitted":
            days = event["bed_wait_days"]
            waited = self.say("admitted.waited", days=days) if days else self.say("admitted.once")
            how = self.say(f"kind.{event['kind']}")
            return [self.say(kind, name=name, waited=waited, how=how)]
        if kind == "discharged":
            after = self._name(event["next"]) if "next" in event else ""
            ending = self.say(f"ending.{event['ending']}", next=after)
            money = self._money(event)
            return [self.say(kind, name=name, days=event["days"], ending=ending, money=money)]
        return [self.say(kind, name=name)]

    def _choice(self, event: Mapping[str, Any]) -> list[str]:
        options = sorted(event["options"], key=lambda option: -option["chance"])
        if not options:
            how = event["asked_for"] if event["how"] == "named" else event["how"]
            if how == "ambulance" and event["asked_for"] == "escalation":
                how = "ambulance_up"
            if "due" in event:
                how = "due"
            due = self._day(event["due"]) if "due" in event else ""
            return [self.say(f"goes.{how}", name=self._name(event["place"]), due=due)]
        word = {"escalation": "weighs.again", "named": "weighs.instead"}
        head = word.get(event["asked_for"].replace("referral", "named"), "weighs")
        lines = [self.say(head, n=len(options))]
        if event["fund_used_up"]:
            lines.append(self.say("fund_used_up"))
        likely = [o for o in options if o["chance"] >= _LEAST_CHANCE or _is_chosen(o, event)]
        for option in likely:
            mark = _OPTION_MARKS[_is_chosen(option, event)]
            lines.append(mark + self._option(option))
        rest = [self._name(option) for option in options if option not in likely]
        if rest:
            names = self.say("list").join(rest)
            lines.append("  " + self.say("option.others", least=_LEAST_CHANCE, names=names))
        lines.append(self._why(event, options))
        if "recovers" in event:
            lines.append(self.say("recovers.yes" if event["recovers"] else "recovers.no"))
        elif "due" in event:
            due = self._day(event["due"])
            lines.append(self.say("due", name=self._name(event["place"]), due=due))
        return lines

    def _option(self, option: Mapping[str, Any]) -> str:
        parts = [
            f"{self.say(f'part.{part}')} {_signed(value)}"
            for part, value in option["parts"].items()
            if abs(value) >= _LEAST_PART
        ]
        name = self._name(option)
        if "hours" in option:
            days = option["delay_days"]
            name += self.say(
                "option.facts", minutes=60.0 * option["hours"], wait=option["wait_minutes"],
                days=self.say("option.days", days=days) if days else "", yuan=option["visit_yuan"],
            )  # fmt: skip
        return self.say(
            "option", chance=f"{option['chance']:.0%}", name=name,
            utility=_signed(option["utility"]), parts=self.say("list").join(parts),
        )  # fmt: skip

    def _why(self, event: Mapping[str, Any], options: Sequence[Mapping[str, Any]]) -> str:
        """The largest parts of the difference to the likeliest other option."""
        chosen = next(option for option in options if _is_chosen(option, event))
        others = [option for option in options if option is not chosen]
        if not others:
            return self.say("why", chosen=self._name(chosen), other="-", reasons="-")
        other = others[0]
        names = list(dict.fromkeys([*chosen["parts"], *other["parts"]]))
        gap = {n: chosen["parts"].get(n, 0.0) - other["parts"].get(n, 0.0) for n in names}
        reasons = []
        for word, sign in (("why.for", 1.0), ("why.against", -1.0)):
            found = sorted((n for n in gap if sign * gap[n] >= _LEAST_REASON),
                           key=lambda n: -abs(gap[n]))[:3]  # fmt: skip
            if found:
                parts = [f"{self.say(f'part.{n}')} {_signed(gap[n])}" for n in found]
                reasons.append(self.say(word, parts=self.say("list").join(parts)))
        reported = self.say("and").join(reasons) or self.say("why.equal")
        against_the_odds = chosen["chance"] < other["chance"]
        names_of = {"chosen": self._name(chosen), "other": self._name(other)}
        after = self.say("why.draw", **names_of) if against_the_odds else ""
        return self.say("why", reasons=reported, **names_of) + after

    def _visit(self, event: Mapping[str, Any]) -> str:
        outcome = event["outcome"]
        if outcome == "escalated" and event["referral_written"]:
            outcome = "declined"
        following = {}
        if "next" in event:
            following = {"next": self._name(event["next"]), "due": self._day(event["due"])}
        minutes = event["wait_seconds"] / 60.0
        waits = self.say("waits", minutes=minutes) if minutes >= 1.0 else self.say("waits.not")
        general = event["pool"] == "general"
        pool = "" if general else self.say("brackets", inside=self.say(f"pool.{event['pool']}"))
        how = "visit" if event["seen"] else "visit.unseen"
        if event["has_no_queue"]:
            how = "visit.no_queue"
        return self.say(
            how, time=_clock(event["arrival_second"]),
            name=self._name(event), pool=pool, waits=waits,
            tests=self.say("tests") if event["tests"] else "",
            outcome=self.say(f"outcome.{outcome}", **following), money=self._money(event),
            travel=event["travel_minutes"],
        )  # fmt: skip

    # ------------------------------------------------------------------ words

    def say(self, key: str, /, **values: Any) -> str:
        """Text of a key with its braces filled in."""
        return words(key, self.lang).format(**values, **self.pronouns)

    def _name(self, place: Mapping[str, Any]) -> str:
        if "name" not in place:
            return self.say("self_care")
        return str(place["name_zh" if self.lang == "zh" else "name"])

    def _money(self, bill: Mapping[str, Any]) -> str:
        charge, fund, own = (
            f"{bill[key] / 100:,.2f}" for key in ("charge_fen", "fund_fen", "out_of_pocket_fen")
        )
        return self.say("money", charge=charge, fund=fund, own=own)

    def _day(self, day: str) -> str:
        on = date.fromisoformat(day)
        month = self.say("months").split()[on.month - 1]
        weekday = self.say("weekdays").split()[on.weekday()]
        return self.say("day", day=on.day, month=month, weekday=weekday)

    def _put(self, line: str, before: str = "", margin: int = _MARGIN) -> None:
        """Append a line, folded; `before` stands in the margin of its first row."""
        hang = _OPTION_HANG if line.startswith(_OPTION_MARKS) else 0
        rows = _folded(line, _WIDTH - margin, hang)
        mark = before + " " * max(0, margin - _columns(before))
        self.lines.append((mark + rows[0]).rstrip())
        self.lines += [" " * margin + row for row in rows[1:]]


def _is_chosen(option: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    return bool(option["alternative"] == event["chosen"])


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{abs(value):.2f}"


def _clock(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}"


def _columns(line: str) -> int:
    """Width in a terminal; Chinese characters take two columns."""
    return sum(2 if ord(character) > 0x2E80 else 1 for character in line)


def _folded(line: str, width: int, hang: int) -> list[str]:
    """Rows of at most `width` columns, cut at spaces and between Chinese characters, never before
    a mark that ends a clause; rows after the first are indented by `hang`."""
    rows = [""]
    for piece in _PIECE.findall(line):
        if _columns(rows[-1]) + _columns(piece.rstrip()) > width and rows[-1].strip():
            rows[-1] = rows[-1].rstrip()
            rows.append(" " * hang + piece.lstrip())
        else:
            rows[-1] += piece
    return rows
