"""Every resident of a region: the census population, and the same people carried to a later year.

The census counts persons by county, sex and age band, and urban persons by county. What no table
gives is drawn by the resident's own key, so a resident's attributes depend on nobody else. All
attributes but age, sex and village follow from (seed, identity, age, residence, year) and are
found again after every carry: a threshold drawn once a life against a prevalence that rises with
age, so nobody loses a chronic disease by a birthday.
"""

from sim.population.carrying import carry, residents_of
from sim.population.census import (
    census_counts,
    controlled_rounding,
    deal_to_villages,
    split_by_residence,
    synthesise,
)
from sim.population.records import Ledger, PopulationParameters, Residents

__all__ = [
    "Ledger",
    "PopulationParameters",
    "Residents",
    "carry",
    "census_counts",
    "controlled_rounding",
    "deal_to_villages",
    "residents_of",
    "split_by_residence",
    "synthesise",
]
