"""Goals a run can judge, and whether a figure meets them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from scenarios.plans.clauses import documents
from scenarios.plans.targets import Target, targets
from ui.model.answer import IN_COUNTY
from ui.model.question import LAST
from ui.view.numbers import level
from ui.view.words import text

# Judged by its complement: fewer who leave are more who stay.
_BY_COMPLEMENT = ("out_of_area_share",)
# A share that misses by less than this is close.
_CLOSE = 0.02
_ROUNDING = 1e-9
# Cards without a goal, in order; a tier where the figure of one tier is meant.
_ALWAYS = (
    ("in_county_visit_rate", ""), ("primary_share_in_county", ""),
    ("in_county_admission_share", ""), ("first_contact_share", ""),
    ("unresolved_need_share", ""), ("out_of_pocket_per_person", ""),
    ("bed_occupancy", "county"), ("wait_minutes_mean", "county"),
)  # fmt: skip
_MOST_CARDS = 8


@dataclass(frozen=True, slots=True)
class Goal:
    """A target of a plan that an indicator judges."""

    target: Target

    @property
    def indicator(self) -> str:
        """Id of the indicator."""
        return self.target.definition.indicator

    @property
    def year(self) -> int:
        """Year it is judged in: the plan's, and the last where the plan prints none."""
        return self.target.year or LAST

    @property
    def is_judged(self) -> bool:
        """Whether it says enough to be judged: a number or a direction."""
        return self._direction != 0

    @property
    def _direction(self) -> int:
        sign = {">=": 1, ">": 1, "increase": 1, "<=": -1, "<": -1, "decrease": -1}
        found = sign.get(self.target.comparator, 0)
        return -found if self.target.definition.id in _BY_COMPLEMENT else found

    def gap(self, value: float, base: float | None) -> float | None:
        """By how much a value is beyond the goal, in the indicator's unit: 0 or more meets it.

        base  the simulated value of 2023, which a goal without a number is measured from
        """
        aim = base if self.target.target is None else self.target.target
        return None if aim is None or not self.is_judged else self._direction * (value - aim)

    def verdict(self, value: float | None, base: float | None) -> str:
        """met, close or missed; "" where it cannot be judged."""
        gap = None if value is None else self.gap(value, base)
        if gap is None:
            return ""
        if gap >= -_ROUNDING:
            return "met"
        return "close" if self.target.target is not None and gap >= -_CLOSE else "missed"

    def aim(self, lang: str) -> str:
        """What is asked for, such as ≥90%."""
        if self.target.target is None:
            if self.target.definition.id in _BY_COMPLEMENT and self.target.comparator == "decrease":
                return text("goal.fewer_leave", lang)
            worded = self.target.comparator in ("increase", "decrease")
            return text(f"goal.{self.target.comparator if worded else 'words'}", lang)
        sign = {">=": "≥", "<=": "≤", "~": "≈", "=": ""}
        comparator = sign.get(self.target.comparator, self.target.comparator)
        return f"{comparator}{level(self.target.target)}"

    def aim_with_year(self, lang: str) -> str:
        """What is asked for and by when."""
        if not self.target.year:
            return self.aim(lang)
        return text("goal.by", lang).format(aim=self.aim(lang), year=self.target.year)

    def title(self, lang: str) -> str:
        """What the clause says."""
        row = self.target.rows[0]
        return row.indicator_zh if lang == "zh" else row.indicator_en

    def document(self, lang: str) -> str:
        """Title and number of the plan."""
        plan = documents()[self.target.region]
        title = plan.title_zh if lang == "zh" else plan.title
        return f"{title} {plan.number}".strip()


@cache
def goals_of(region: str) -> tuple[Goal, ...]:
    """Goals of a region that a run can judge; those with a number first."""
    found = [
        Goal(target) for target in targets().values()
        if target.region == region and target.definition.status == "simulated"
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda goal: goal.target.target is None))


def goal_for(region: str, indicator: str) -> Goal | None:
    """The goal that counts for an indicator: one that can be judged before one in words."""
    found = [goal for goal in goals_of(region) if goal.indicator == indicator]
    return next((goal for goal in found if goal.is_judged), found[0] if found else None)


def cards_of(region: str) -> tuple[tuple[str, str], ...]:
    """(indicator, tier or "") of the headline: two always, then those with a goal, then others."""
    aimed = [(goal.indicator, "") for goal in goals_of(region)]
    return tuple(dict.fromkeys([*_ALWAYS[:2], *aimed, *_ALWAYS[2:]]))[:_MOST_CARDS]


def needs_unresolved(indicator: str) -> bool:
    """Whether unresolved need belongs beside it."""
    return indicator in IN_COUNTY
