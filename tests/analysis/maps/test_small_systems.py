from __future__ import annotations

import numpy as np
import pytest

from analysis.maps.small_systems import damped_copy, factorise, inverse_form, substitute


def positive_matrix() -> np.ndarray:
    half = np.random.default_rng(3).normal(size=(5, 5))
    return half @ half.T + np.eye(5)


def test_factor_and_substitution_solve_the_system() -> None:
    matrix, vector = positive_matrix(), np.arange(1.0, 6.0)
    factor, solution = matrix.copy(), vector.copy()
    assert factorise(factor)
    substitute(factor, solution)
    np.testing.assert_allclose(matrix @ solution, vector)


def test_the_quadratic_form_uses_the_inverse() -> None:
    matrix, vector = positive_matrix(), np.arange(1.0, 6.0)
    factor = matrix.copy()
    factorise(factor)
    expected = vector @ np.linalg.inv(matrix) @ vector
    assert inverse_form(factor, vector.copy()) == pytest.approx(expected)


def test_a_matrix_that_is_not_positive_is_refused() -> None:
    assert not factorise(np.diag([1.0, -1.0]))


def test_damping_enlarges_the_diagonal_only() -> None:
    matrix, out = positive_matrix(), np.zeros((5, 5))
    damped_copy(matrix, 0.5, out)
    np.testing.assert_allclose(np.diag(out), 1.5 * np.diag(matrix))
    np.testing.assert_allclose(np.tril(out, -1), np.tril(matrix, -1))
