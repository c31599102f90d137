"""One way of compiling the voxel kernels and of running them on all cores.

Kernels are cached, run outside the interpreter lock and round alike. They take the first and the
last voxel of their share; threads of Python hand the shares out, because numba's own parallel loops
take half as long again to compile and are not safe after a fork.

The cache lies beside the source, else in the user's cache folder, else in ``NUMBA_CACHE_DIR``.
Where none of them can be written (a read-only installation without a home), the kernels still
compile, only anew in every process.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
R = TypeVar("R")

# Sums may be reordered and fused, but NaN and infinity keep their meaning.
FAST_MATH = {"contract", "reassoc", "arcp", "nsz"}
# Voxels a thread takes at once: few enough that all cores finish together.
SMALLEST_SHARE, LARGEST_SHARE = 256, 4096


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a kernel; where its cache cannot be written, anew in every process."""
    options = {"fastmath": FAST_MATH, "nogil": True, "error_model": "numpy"}
    try:
        kernel = numba.njit(function, cache=True, **options)
    except RuntimeError:  # numba found no folder it may write a cache to
        kernel = numba.njit(function, cache=False, **options)
    return cast(Callable[P, R], kernel)


def in_parallel(kernel: Callable[..., None], count: int, *arguments: object) -> None:
    """Run ``kernel(first, last, *arguments)`` over 0 to ``count`` in shares, on all cores.

    Parameters
    ----------
    kernel
        Works on the voxels from ``first`` up to, not including, ``last``.
    count
        Number of voxels or blocks.
    arguments
        What the kernel takes besides; shares write to different places of its outputs.
    """
    threads = int(numba.config.NUMBA_NUM_THREADS)
    share = min(max(count // (8 * threads), SMALLEST_SHARE), LARGEST_SHARE)
    starts = range(0, count, share)
    if threads == 1 or len(starts) == 1:
        kernel(0, count, *arguments)
        return
    with ThreadPoolExecutor(threads) as pool:
        shares = [pool.submit(kernel, n, min(n + share, count), *arguments) for n in starts]
    for done in shares:
        done.result()
