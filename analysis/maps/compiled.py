"""One way of compiling the voxel kernels: cached, outside the interpreter lock, same rounding.

The cache lies beside the source, else in the user's cache folder, else in ``NUMBA_CACHE_DIR``.
Where none of them can be written (a read-only installation without a home), the kernels still
compile, only anew in every process.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

# Sums may be reordered and fused, but NaN and infinity keep their meaning.
FAST_MATH = {"contract", "reassoc", "arcp", "nsz"}


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel that works on one voxel or one block of voxels."""
    return _compile(function, parallel=False)


def compiled_parallel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel whose ``prange`` loops run on all cores."""
    return _compile(function, parallel=True)


def _compile(function: Callable[P, R], *, parallel: bool) -> Callable[P, R]:
    options = {
        "parallel": parallel,
        "fastmath": FAST_MATH,
        "nogil": True,
        "error_model": "numpy",
    }
    try:
        kernel = numba.njit(function, cache=True, **options)
    except RuntimeError:  # numba found no folder it may write a cache to
        kernel = numba.njit(function, cache=False, **options)
    return cast(Callable[P, R], kernel)
