from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import UnsupportedAcquisition
from analysis.study import MultiEcho
from analysis.volume import Geometry

GRID = Geometry((2, 3, 4), np.eye(4))
ECHOES = np.ones((3, *GRID.shape), np.float32)


def test_echoes_with_rising_times_are_accepted() -> None:
    echoes = MultiEcho(ECHOES, None, np.array([1.2, 2.2, 3.2]), GRID)
    assert echoes.echo_times_ms.tolist() == [1.2, 2.2, 3.2]
    assert not echoes.magnitude.flags.writeable


@pytest.mark.parametrize(
    "times",
    [[1.2, 1.2, 2.2], [3.2, 2.2, 1.2], [0.0, 1.0, 2.0], [1.0, np.nan, 3.0], [1.0, 2.0, np.inf]],
)
def test_impossible_echo_times_ask_for_the_true_ones(times: list[float]) -> None:
    with pytest.raises(UnsupportedAcquisition, match="--echo-times") as caught:
        MultiEcho(ECHOES, None, np.array(times), GRID)
    assert caught.value.code == "echo-times-invalid"


def test_each_echo_time_needs_an_image_and_each_phase_its_magnitude() -> None:
    with pytest.raises(UnsupportedAcquisition, match="same size"):
        MultiEcho(ECHOES, None, np.array([1.2, 2.2]), GRID)
    with pytest.raises(UnsupportedAcquisition, match="same size"):
        MultiEcho(ECHOES, ECHOES[:2], np.array([1.2, 2.2, 3.2]), GRID)
