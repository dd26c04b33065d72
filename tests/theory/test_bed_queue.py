"""The mean-field's queue for a bed against the bed kernel itself, over long histories of a ward."""

import numpy as np
import pytest

from sim.engines.meanfield.bed_queue import PATIENCE_POINTS, bed_queue, patience_table
from sim.parameters import load_parameters
from tests.theory.wards import AS_SHIPPED, history, mean_whole

P = load_parameters()
_STEPS, _WARM, _STAY, _PATIENCE = 6_000, 500, 9.0, 7.0


@pytest.mark.parametrize(
    ("beds", "load", "urgent"),
    [(60, 0.95, 0.0), (60, 1.0, 0.45), (60, 1.1, 0.2), (400, 0.95, 0.45), (400, 1.0, 0.0),
     (400, 1.1, 0.45), (20, 1.2, 0.2)],
)  # fmt: skip
def test_the_wait_for_a_bed_is_that_of_the_kernel_s_day(beds, load, urgent):
    """Priority, whole-day patience drawn x 0.5-2, discharges at 10:00, overflow for emergencies: a
    diffusion of wards of 20 beds and more, within a tenth; no number of it is fitted."""
    stay = mean_whole(_STAY, 0.9)
    asks = load * beds / stay
    rows = []
    for seed in range(5):
        h = history(
            beds, 0, (asks * (1.0 - urgent), asks * urgent), _STAY, 0.9, AS_SHIPPED, steps=_STEPS,
            seed=seed, patience=_PATIENCE, queueing=True, overflow=beds, emergencies=True,
        )  # fmt: skip
        asked, lost = h["asked"][_WARM:].sum(axis=0), h["lost"][_WARM:].sum(axis=0)
        assert lost[1] == 0  # the overflow has room for all emergencies
        waited = h["waited"][_WARM:].sum() / (asked[0] - lost[0])
        rows.append((lost[0] / asked[0], waited, h["waiting"][_WARM:].sum() / asked[0]))
    left, waited, queue = np.mean(rows, axis=0)
    table = np.zeros((PATIENCE_POINTS, 10))
    patience_table(P, table)
    got = bed_queue(
        P, table, beds, beds, asks * urgent, asks * urgent, 0.0, 0.0, asks * (1.0 - urgent), stay,
        np.zeros((4, PATIENCE_POINTS)),
    )  # fmt: skip
    print(f"left {left:.4f} {got[0]:.4f}, waited {waited:.3f} {got[1]:.3f}, queue {queue:.3f} "
          f"{got[2]:.3f}")  # fmt: skip
    assert got[0] == pytest.approx(left, abs=0.012)
    assert got[1] == pytest.approx(waited, rel=0.1, abs=0.03)
    # The day on which somebody looks elsewhere is in the queue here, in the event calendar there.
    assert got[2] - got[0] == pytest.approx(queue, rel=0.1, abs=0.03)
    assert got[3] == 0.0
