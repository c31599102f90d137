from __future__ import annotations

import pytest

from analysis.ingest.acquisition import acquisition_of, field_strength_t
from tests.analysis.ingest.headers import image_header, series_header


def test_imaging_frequency_tells_the_true_field() -> None:
    assert field_strength_t(3.0, 123.2) == pytest.approx(2.8935, abs=1e-3)


def test_the_nominal_field_stays_when_the_frequency_is_of_another_nucleus() -> None:
    assert field_strength_t(3.0, 49.9, "31P") == 3.0


def test_a_frequency_that_contradicts_the_field_is_not_believed() -> None:
    assert field_strength_t(1.5, 127.7) == 1.5


def test_the_frequency_alone_is_enough() -> None:
    assert field_strength_t(None, 63.87) == pytest.approx(1.5, abs=0.01)


def test_gauss_are_recognised() -> None:
    assert field_strength_t(15000.0, None) == 1.5


@pytest.mark.parametrize(("nominal", "frequency"), [(None, None), (0.0, 0.0), (-3.0, -120.0)])
def test_an_unknown_field_stays_unknown(nominal: float | None, frequency: float | None) -> None:
    assert field_strength_t(nominal, frequency) is None


def test_the_users_field_replaces_the_headers() -> None:
    header = image_header(series=series_header(field_strength_t=3.0))

    assert acquisition_of(header, 1.5).field_strength_t == 1.5


def test_the_protocol_stands_in_for_a_missing_sequence_name() -> None:
    header = image_header(series=series_header(sequence="", protocol="q-dixon"))

    assert acquisition_of(header, None).sequence == "q-dixon"
