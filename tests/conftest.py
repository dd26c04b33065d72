"""One hypothesis profile for the whole suite.

No deadline and no complaint about slow data, because a busy machine is no fault of the code; the
same examples every time, so that a run that passed passes again.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")
