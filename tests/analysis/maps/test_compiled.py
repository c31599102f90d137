from __future__ import annotations

import numba
import numpy as np
import pytest

from analysis.maps import compiled as module


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
