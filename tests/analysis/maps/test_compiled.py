from __future__ import annotations

import threading

import numba
import numpy as np
import pytest

from analysis.maps import compiled as module
from analysis.maps.fat_water import fit
from tests.analysis.maps.phantoms import simulate


def test_compiled_functions_keep_their_meaning_for_numbers_that_are_none() -> None:
    @module.compiled
    def is_none(value: float) -> bool:
        return np.isnan(value)

    assert is_none(float("nan"))
    assert not is_none(1.0)


def test_a_place_that_cannot_be_written_costs_the_cache_and_not_the_kernel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = numba.njit

    def refuse(function: object, *, cache: bool, **options: object) -> object:
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return real(function, cache=False, **options)

    monkeypatch.setattr(numba, "njit", refuse)

    def double(value: float) -> float:
        return 2 * value

    assert module.compiled(double)(3.0) == 6.0


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 20_000])
def test_every_voxel_is_worked_on_once(
    threads: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
    visits = np.zeros(count, np.int64)

    def visit(first: int, last: int, out: np.ndarray) -> None:
        out[first:last] += 1

    module.in_parallel(visit, count, visits)
    assert (visits == 1).all()


def test_shares_run_beside_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 2)
    together = threading.Barrier(2, timeout=30)

    def meet(first: int, last: int) -> None:
        together.wait()

    module.in_parallel(meet, 2 * module.SMALLEST_SHARE)


def test_a_failure_in_one_share_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", 2)

    def fail(first: int, last: int) -> None:
        if first:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        module.in_parallel(fail, 5000)


def test_the_number_of_threads_changes_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    shape = (40, 40, 3)
    echoes = simulate(np.full(shape, 12.0), np.full(shape, 60.0), snr=40, off_resonance_hz=15.0)
    found = []
    for threads in (1, 2):
        monkeypatch.setattr(numba.config, "NUMBA_NUM_THREADS", threads)
        found.append(fit(echoes, 3.0))
    np.testing.assert_array_equal(found[0].pdff_percent, found[1].pdff_percent)
    np.testing.assert_array_equal(found[0].pdff_error_percent, found[1].pdff_error_percent)
