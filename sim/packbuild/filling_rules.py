"""Filling rules in words and the constants they use: what to do where no source gives a figure."""

from __future__ import annotations

# National figures a share or norm is taken from are looked up in observations.csv; the numbers
# below are the ones nothing was found for.
CITY_SHARE_OF_PUBLIC_BEDS = 0.30
CITY_BEDS_PER_PUBLISHED = 1.5
CITY_TCM_SHARE = 0.20
REGIONAL_SHARE_OF_CITY = 0.12
PUBLIC_COUNTY_SPLIT = {"general_hospital": 74, "tcm_hospital": 20, "maternal_child_hospital": 6}
CITY_SEAT_WEIGHT = 0.6
TOWNSHIP_URBAN_WEIGHT = {"beds": 0.3, "doctors": 0.4}
VILLAGE_RURAL_WEIGHT = 2.6
FEWEST_TOWNSHIP_BEDS = 5
PEOPLE_IN_URBAN_COMMITTEE = 6000
PEOPLE_IN_RURAL_VILLAGE = 2500
WITHDRAWN = {"city": 0.10, "regional": 0.30}
ELIGIBLE_SHARE = 0.90
WORKING_DAYS = 251
# Doctors per 1000 residents, 2023: the village tier counts everyone who consults there.
VILLAGE_STAFF_PER_1000 = 1.30
LICENSED_SHARE_OF_VILLAGE_STAFF = 0.60
TOWNSHIP_DOCTORS_PER_1000 = 0.687
OTHER_DOCTORS_PER_1000 = 0.11

CENSUS_TABLES = (
    "中国2020年人口普查分县资料 (county tables by sex and five-year age, read in a copy)"
)

RULES = {
    "r_census_scaled": (
        "National age structure of the census of 2020 scaled to 500,000 persons; sexes and the "
        "first year of life split as in the four provinces of the census tables; largest remainder"
    ),
    "r_stock_local": (
        "Local stock of 2020, moved to other years with the national density per 1000 of the year "
        "over that of 2020 and the region's published residents over its census"
    ),
    "r_stock_provincial": (
        "Provincial density per 1000 of the nearest year at most five years away, moved to the "
        "year with the national density, times the region's residents"
    ),
    "r_stock_relative": (
        "National density of the year times the region's relative level times its residents; the "
        "relative level is (old stock of the region over the province's of the nearest year) over "
        "(census population of the region over the province's)"
    ),
    "r_stock_national": "National density of the year times the region's residents",
    "r_population_between": (
        "Residents of a year without a published count: straight line between the neighbouring "
        "counts, the last count after them"
    ),
    "r_township_beds": (
        "Township and community centres hold the national primary share of all beds of 2020; in a "
        "region by rural residents plus 0.3 of the urban ones of a township, at least five beds"
    ),
    "r_private_beds": "National private share of hospital beds of 2023, in a county by residents",
    "r_city_beds": (
        "City hospitals hold 30% of public hospital beds, at least half as many again as the one "
        "whose size is published; that size stands, TCM a fifth, "
        "a regional centre inside the region 12%, general hospitals the rest; specialist city "
        "hospitals are folded into these"
    ),
    "r_county_beds": (
        "Public hospital beds left to the counties, by residents (at 0.6 of their number where the "
        "city's own hospitals stand), general : TCM : maternal-child 74 : 20 : 6; TCM as in "
        "Taonan 2020 (162 of 794 county-run beds), maternal-child as beds of professional public "
        "health institutions, nearly all maternal-child, among public beds (national, 2023: all "
        "beds less hospital, primary and other ones are 5.5%)"
    ),
    "r_taonan_beds": (
        "Plan of Taonan, reading A: 794 county-run hospital beds and 188 primary beds; 507 beds of "
        "hospitals run by Baicheng in Taonan (the neuropsychiatric hospital) are not simulated. "
        "188 is the least the primary beds can be, because the plan's item leaves out hospitals "
        "below the secondary level; from 100 printed private beds and the residual of 680 primary "
        "and private facilities get what brings them to the national primary and private shares, "
        "county hospitals the rest; TCM 162 printed"
    ),
    "r_not_simulated": (
        "Beds of hospitals standing in the region whose patients come from elsewhere (long-stay "
        "psychiatry run by the prefecture): counted in the stock, left out of the choice set"
    ),
    "r_doctors": (
        "Doctors follow beds and population: per bed as nationally in 2023 (visits over daily load "
        "over 251 days over beds: tertiary, secondary and private hospitals), townships 0.687 and "
        "the village tier 1.30 per 1000 residents, all scaled by one factor so that licensed "
        "doctors meet the region's stock; 60% of village staff count as licensed, 0.11 per 1000 "
        "work in institutions not modelled"
    ),
    "r_village_doctors": (
        "Everyone who consults in village clinics, stations and the private clinics counted with "
        "them, licensed or not; a rural resident weighs 2.6 times an urban one"
    ),
    "r_delay": (
        "Delay facility: serves mostly people who are not simulated, has neither queue nor bed "
        "limit; its size is nominal and used by no rule"
    ),
    "r_units_spread": (
        "Villages' committees spread evenly over towns and townships with 0.3 of a share for a "
        "subdistrict, residents' committees mostly (50-85%) over subdistricts; largest remainder. "
        "Where committees have merged, a village keeps one clinic for each 2,500 rural residents. "
        "Numbered names stand where no list of names was at hand"
    ),
    "r_urban_villages": (
        "Urban residents live in residents' committees; where these would hold more than 6,000 "
        "each, villages at the seats of towns count as urban until they do not, or until rural "
        "villages would become the larger ones"
    ),
    "r_layout": (
        "Sunflower layouts: subdistricts and the seat town in the urban core at the county seat, "
        "other townships around it over the settled area of the county, leaving to each other "
        "county the ground nearer to its seat (distances relative to size), villages around their "
        "township centre, residents' committees within 2 km of it"
    ),
    "r_settled": (
        "Villages lie on the whole area of a county with 30 or more residents per km2, on half of "
        "it from 10 to 30, on a quarter below 10"
    ),
    "r_area": "Area as remembered from handbooks; to be replaced by a published one",
    "r_seat": "Coordinates as remembered, to two decimals or better; to be replaced",
    "r_reference_geometry": (
        "Synthetic county of 2,400 km2; city at 70 km, regional centre at 170 km and outside "
        "hospitals at 245 km, so that median rural travel is near 105, 180 and 260 minutes"
    ),
    "r_reference_units": (
        "National counts per 500,000 residents of 2023: 12 township centres, 4 community centres, "
        "206 village clinics; 42 residents' committees (117 thousand nationally, as remembered)"
    ),
    "r_reference_urban": "Rural share of the county average assumed one half",
    "r_reference_beds": (
        "Beds = admissions x stay / (365 x bed use), average open beds of 2023. Township: 3.22 "
        "admissions per 100, stay 6.4 and 8.7 days weighted by national admissions of township "
        "and community centres, bed use 53.3%. County: admissions of all facilities less the "
        "township share and the 20% assumed to go beyond the county, stay and bed use of hospitals "
        "other than tertiary ones, from the totals"
    ),
    "r_reference_doctors": (
        "Doctors = visits / (daily load x 251): township 1.884 visits a resident at 9.2 and 15.5 a "
        "day weighted by national visits of township and community centres; county 1.948 at 6.0 "
        "and 5.3 weighted by visits of secondary and level-1 hospitals; village tier 650"
    ),
    "r_travel": (
        "Speeds by e-bike to the village clinic, by bus or car beyond; road over straight distance "
        "1.3 on the plain, 1.4 mixed, 1.6 in hills, 1.25 on highways; access time to set out, wait "
        "and park. Nothing found for these regions; the ranges are to be tested"
    ),
    "r_prices": (
        "Hospital mean 361.6 yuan a visit and 10,315.8 a stay (2023) spread over tiers as in "
        "tertiary and secondary hospitals of 2022 and township and community centres of 2020"
    ),
    "r_price_outside": (
        "Mean charge of a cross-province stay settled directly, 2019: 24,662 yuan (one study)"
    ),
    "r_eligible": (
        "Published payment rate times 0.90, the assumed share of a stay's charge that is eligible"
    ),
    "r_inpatient_assumed": (
        "No rate found for the place: neighbouring schedules, times 0.90 as above"
    ),
    "r_deductible_assumed": "Neighbouring schedules; the residents' one for employees too",
    "r_outpatient_assumed": (
        "Effective shares of the charge; general outpatient pooling in primary care, chronic "
        "disease programmes in hospitals"
    ),
    "r_reference_rates": (
        "Effective rates by tier without deductible; residents 3 points below, employees 10 above"
    ),
    "r_insurance_assumed": "Typical schedule of 2022-2023; to be replaced by the local one",
    "r_employees": (
        "National employee share of 27.8% of insured persons split by residence and age, lowered "
        "by a fifth for counties"
    ),
    "r_contracts": "Contract coverage as commonly reported: 30% of others, 65% of key groups",
    "r_opening": (
        "The plan of 2024 calls the regional centre a project to be pushed on and prints no year "
        "of opening; assumed open from 2026 (2025-2028), until then provincial centres serve"
    ),
    "r_opening_2024": "Printed: opens at the end of 2024; open for residents from 2025",
    "r_village_beds": "Clinics and stations hold 0.1% of all beds nationally: none here",
}  # fmt: skip


class SourceBook:
    """Collects the publications and rules a pack cites, in order of first use."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def cite(self, publication: str) -> str:
        """Identifier of a publication."""
        if publication not in self._ids:
            number = sum(not key.startswith("r_") for key in self._ids.values()) + 1
            self._ids[publication] = f"s{number:02d}"
        return self._ids[publication]

    def rule(self, name: str) -> str:
        """Identifier of a filling rule."""
        self._ids.setdefault(RULES[name], name)
        return name

    def rows(self) -> list[dict[str, object]]:
        """Rows of sources.csv, publications first."""
        rows: list[dict[str, object]] = [
            {"id": key, "type": "rule" if key.startswith("r_") else "publication",
             "description": words}
            for words, key in self._ids.items()
        ]  # fmt: skip
        return sorted(rows, key=lambda row: (str(row["type"]), str(row["id"])))
