"""The reference engine: the model written readably, the specification the compiled engine must
equal.

Residents are Mesa agents who decide; facilities are agents whose rooms and beds are SimPy
resources. Read `model.py` (the day), then `resident.py` (what people decide), `clinic.py` and
`ward.py` (who is served when). Every law and draw is a rule of `sim.rules`, the order of claims is
`sim.rules.order`, the timetable `sim.day`; nothing of `sim.engines.kernels` is used. For some
thousands of residents, not for a region.
"""

from sim.engines.reference.model import TieredCare

__all__ = ["TieredCare"]
