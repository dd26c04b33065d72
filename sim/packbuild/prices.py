"""Charges and reimbursement by tier."""

from __future__ import annotations

from sim.packbuild import filling_rules
from sim.packbuild.capacity import Stock
from sim.packbuild.filling_rules import SourceBook
from sim.packs.observed import need
from sim.packs.region_facts import RegionFacts
from sim.tiers import TIER_KEYS

Row = dict[str, object]
FEN = 100
POINTS = 100

# Yuan a visit and a stay, constant 2023 prices; the village tier admits nobody.
PRICES: dict[tuple[str, str], tuple[int, int]] = {
    ("village", "village_clinic"): (55, 0),
    ("village", "community_station"): (65, 0),
    ("township", "township_centre"): (95, 2600),
    ("township", "community_centre"): (130, 3600),
    ("county", "general_hospital"): (265, 7200),
    ("county", "tcm_hospital"): (250, 6800),
    ("county", "maternal_child_hospital"): (240, 5500),
    ("county", "private_hospital"): (240, 6500),
    ("city", "general_hospital"): (360, 13500),
    ("city", "tcm_hospital"): (330, 12000),
    ("regional", "regional_centre"): (480, 20000),
    ("outside", "outside_hospital"): (600, 24662),
}
# Per cent of a stay's eligible charge above the deductible, where nothing is published.
ASSUMED_EMPLOYEE = {"township": 90, "county": 88, "city": 85, "regional": 83, "outside": 70}
OUTPATIENT = {
    "employee": {"village": 60, "township": 65, "county": 60, "city": 50, "regional": 50,
                 "outside": 35},
    "resident": {"village": 50, "township": 50, "county": 30, "city": 20, "regional": 15,
                 "outside": 10},
}  # fmt: skip
REFERENCE_OUTPATIENT = {"village": 60, "township": 60, "county": 45, "city": 30, "regional": 25,
                        "outside": 15}  # fmt: skip
REFERENCE_INPATIENT = {"village": 0, "township": 78, "county": 68, "city": 58, "regional": 53,
                       "outside": 51}  # fmt: skip
REFERENCE_SHIFT = {"employee": 10, "resident": -3}
DEDUCTIBLE_YUAN = {
    "liaocheng": {"township": 100, "county": 500, "city": 900, "regional": 900, "outside": 900},
    "other": {"township": 100, "county": 600, "city": 1000, "regional": 1000, "outside": 1000},
}
RESIDENT_INPATIENT = {
    "liaocheng": {"regional": 60, "outside": 50},
    "suining": {"county": 75, "city": 60, "regional": 45, "outside": 45},
    "other": {"township": 85, "county": 60, "city": 50, "regional": 50, "outside": 50},
}
PUBLISHED_TIERS = {
    "liaocheng": {"township": "township", "county": "secondary", "city": "tertiary"},
    "suining": {"township": "township"},
}
# Liaocheng's county rate rose from 70 to 75 after the years of the packs.
PUBLISHED_YEAR = {"liaocheng": 2022, "suining": 2023}


def price_rows(used: set[tuple[str, str]], book: SourceBook) -> list[Row]:
    """Rows of prices.csv for the tiers and kinds a pack uses."""
    rows: list[Row] = []
    for (tier, kind), (visit, stay) in PRICES.items():
        if (tier, kind) in used:
            outside = tier == "outside"
            rule = book.rule("r_price_outside" if outside else "r_prices")
            rows.append(
                {"tier": tier, "kind": kind, "outpatient_fen": visit * FEN,
                 "inpatient_fen": stay * FEN, "status": "literature" if outside else "assumed",
                 "source": rule}
            )  # fmt: skip
    return rows


def insurance_rows(facts: RegionFacts, book: SourceBook) -> list[Row]:
    """Rows of insurance.csv: two schemes by six tiers."""
    return [
        _insurance_row(facts, scheme, tier, book)
        for scheme in ("employee", "resident")
        for tier in TIER_KEYS
    ]


def _insurance_row(facts: RegionFacts, scheme: str, tier: str, book: SourceBook) -> Row:
    rates = _reference_rates if facts.id == "reference" else _local_rates
    outpatient, inpatient, deductible = rates(facts, scheme, tier, book)
    return {
        "scheme": scheme, "tier": tier,
        "outpatient_rate_bp": round(outpatient.value * POINTS),
        "inpatient_rate_bp": round(inpatient.value * POINTS),
        "inpatient_deductible_fen": round(deductible.value * FEN),
        "outpatient_status": outpatient.status, "outpatient_source": outpatient.source,
        "inpatient_status": inpatient.status, "inpatient_source": inpatient.source,
        "deductible_status": deductible.status, "deductible_source": deductible.source,
    }  # fmt: skip


def _reference_rates(
    facts: RegionFacts, scheme: str, tier: str, book: SourceBook
) -> tuple[Stock, Stock, Stock]:
    known = ("assumed", book.rule("r_reference_rates"))
    shift = REFERENCE_SHIFT[scheme]
    inpatient = 0 if tier == "village" else REFERENCE_INPATIENT[tier] + shift
    outpatient = REFERENCE_OUTPATIENT[tier] + shift
    return Stock(outpatient, *known), Stock(inpatient, *known), Stock(0, *known)


def _local_rates(
    facts: RegionFacts, scheme: str, tier: str, book: SourceBook
) -> tuple[Stock, Stock, Stock]:
    """Outpatient and inpatient rate in per cent of the charge, and the deductible in yuan."""
    outpatient = Stock(OUTPATIENT[scheme][tier], "assumed", book.rule("r_outpatient_assumed"))
    schedule = DEDUCTIBLE_YUAN.get(facts.id, DEDUCTIBLE_YUAN["other"])
    deductible = Stock(schedule.get(tier, 0), "assumed", book.rule("r_deductible_assumed"))
    if scheme == "employee":
        rate = ASSUMED_EMPLOYEE[tier] if tier != "village" else 0
        known = ("assumed", book.rule("r_inpatient_assumed"))
        return outpatient, Stock(rate * filling_rules.ELIGIBLE_SHARE, *known), deductible
    if facts.id == "liaocheng":
        if tier in ("village", "township"):
            outpatient = _printed("outpatient_pooling_reimbursement", 2025, "primary", book)
        if tier in PUBLISHED_TIERS[facts.id]:
            level = PUBLISHED_TIERS[facts.id][tier]
            deductible = _printed("inpatient_deductible", 2022, level, book)
    return outpatient, _resident_inpatient(facts, tier, book), deductible


def _printed(indicator: str, year: int, tier: str, book: SourceBook) -> Stock:
    found = need("liaocheng", indicator, year, tier)
    return Stock(found.value, found.status, book.cite(found.source))


def _resident_inpatient(facts: RegionFacts, tier: str, book: SourceBook) -> Stock:
    """Share of a stay's charge the residents' scheme pays, in per cent."""
    if tier == "village":
        return Stock(0, "assumed", book.rule("r_inpatient_assumed"))
    printed = PUBLISHED_TIERS.get(facts.id, {}).get(tier)
    if printed is not None:
        found = need(facts.id, "inpatient_reimbursement", PUBLISHED_YEAR[facts.id], printed)
        book.cite(found.source)
        return Stock(found.value * filling_rules.ELIGIBLE_SHARE, "derived", book.rule("r_eligible"))
    schedule = RESIDENT_INPATIENT.get(facts.id, RESIDENT_INPATIENT["other"])
    value = schedule[tier] * filling_rules.ELIGIBLE_SHARE
    return Stock(value, "assumed", book.rule("r_inpatient_assumed"))


def settings(facts: RegionFacts, book: SourceBook) -> dict[str, object]:
    """Insurance part of region.yaml: yearly caps, deductible factors and who is an employee."""
    local = facts.id == "liaocheng"
    assumed = {"status": "assumed", "source": book.rule("r_insurance_assumed")}
    printed = assumed
    if local:
        source = book.cite(need("liaocheng", "annual_cap", 2022).source)
        printed = {"status": "published", "source": source}
    factors = [10000, 5000, 0] if local else [10000, 7000, 5000]
    if facts.id == "reference":
        factors = [10000, 10000, 10000]
    employees = {"rural": [0.0, 0.08, 0.08, 0.04], "urban": [0.0, 0.40, 0.42, 0.35]}
    return {
        "outpatient_cap_fen": {
            "employee": {"value": 4500 * FEN, **assumed},
            "resident": {"value": (200 if local else 300) * FEN, **printed},
        },
        "inpatient_cap_fen": {
            "employee": {"value": 300_000 * FEN, **assumed},
            "resident": {"value": (120_000 if local else 150_000) * FEN, **printed},
        },
        "deductible_factor_bp": {"values": factors, **printed},
        "employee_share": {
            **employees, "status": "assumed", "source": book.rule("r_employees"),
        },
    }  # fmt: skip
