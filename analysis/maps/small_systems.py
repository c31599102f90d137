"""Small symmetric systems inside the kernels: Cholesky factor, solution, quadratic form."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.maps.compiled import compiled

Float64 = npt.NDArray[np.float64]


@compiled
def factorise(matrix: Float64) -> bool:
    """Replace the lower triangle of a symmetric matrix by its Cholesky factor.

    Returns False, with the matrix half done, when it is not positive definite.
    """
    size = matrix.shape[0]
    for i in range(size):
        for j in range(i):
            value = matrix[i, j]
            for k in range(j):
                value -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = value / matrix[j, j]
        value = matrix[i, i]
        for k in range(i):
            value -= matrix[i, k] * matrix[i, k]
        if not value > 0:
            return False
        matrix[i, i] = np.sqrt(value)
    return True


@compiled
def substitute(factor: Float64, vector: Float64) -> None:
    """Solve factor factor' x = vector in place."""
    size = factor.shape[0]
    for i in range(size):
        value = vector[i]
        for k in range(i):
            value -= factor[i, k] * vector[k]
        vector[i] = value / factor[i, i]
    for i in range(size - 1, -1, -1):
        value = vector[i]
        for k in range(i + 1, size):
            value -= factor[k, i] * vector[k]
        vector[i] = value / factor[i, i]


@compiled
def inverse_form(factor: Float64, vector: Float64) -> float:
    """Return vector' (factor factor')^-1 vector; the vector is overwritten."""
    total = 0.0
    for i in range(factor.shape[0]):
        value = vector[i]
        for k in range(i):
            value -= factor[i, k] * vector[k]
        vector[i] = value / factor[i, i]
        total += vector[i] * vector[i]
    return total


@compiled
def damped_copy(matrix: Float64, damping: float, out: Float64) -> None:
    """Copy the lower triangle of ``matrix`` and enlarge its diagonal by the factor 1 + damping."""
    for i in range(matrix.shape[0]):
        for j in range(i):
            out[i, j] = matrix[i, j]
        out[i, i] = matrix[i, i] * (1 + damping)
