from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.rice_table import RICE_LIMIT, RICE_STEPS_PER_UNIT, rice_bias_table
from analysis.signal.noise import rice_mean


def test_the_table_holds_the_bias_at_its_steps() -> None:
    table = rice_bias_table()
    for signal in (0.0, 1.0, 3.5, RICE_LIMIT):
        expected = rice_mean(np.array([signal]), 1.0)[0] - signal
        assert table[int(signal * RICE_STEPS_PER_UNIT)] == pytest.approx(expected)


def test_the_table_meets_its_continuation() -> None:
    end = rice_bias_table()[int(RICE_LIMIT * RICE_STEPS_PER_UNIT)]
    assert end == pytest.approx(1 / (2 * RICE_LIMIT), abs=3e-4)


def test_the_table_has_a_step_beyond_its_limit_to_interpolate_to() -> None:
    assert rice_bias_table().size == RICE_LIMIT * RICE_STEPS_PER_UNIT + 2
