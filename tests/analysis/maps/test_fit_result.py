from __future__ import annotations

import numpy as np

from analysis.maps.fat_water import fit
from analysis.maps.fit_result import EchoModel, onto_grid
from analysis.signal.fat_spectrum import SIX_PEAK
from tests.analysis.maps.phantoms import simulate


def test_the_model_squares_the_fat_phasor() -> None:
    model = EchoModel.of([1.2, 2.2], 3.0, SIX_PEAK)
    real, square = model.magnitude_terms
    np.testing.assert_allclose(real, model.phasor.real)
    np.testing.assert_allclose(square, np.abs(model.phasor) ** 2)


def test_values_go_back_to_where_they_came_from() -> None:
    body = np.zeros((2, 2, 1), dtype=bool)
    body[0, 1] = body[1, 0] = True
    grid = onto_grid(np.array([5.0, 7.0], np.float32), body)
    assert grid[:, :, 0].tolist() == [[0.0, 5.0], [7.0, 0.0]]


def test_results_cannot_be_changed() -> None:
    result = fit(simulate(np.full((4, 4, 1), 5.0), np.full((4, 4, 1), 40.0)), 3.0)
    assert not result.pdff_percent.flags.writeable
    assert not result.valid.flags.writeable
