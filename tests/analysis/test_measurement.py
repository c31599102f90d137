from __future__ import annotations

import numpy as np
import pytest

from analysis.measurement import Histogram, MapSet, Measurement, Quantification
from analysis.quantities import PDFF
from analysis.volume import Geometry, QuantityMap, Volume

MEAN = Measurement("PDFF", "liver", "mean", 5.0, "%", 0.1, 100, "magnitude fit")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_never_becomes_a_measurement(value: float) -> None:
    with pytest.raises(ValueError, match="not a finite measurement"):
        Measurement("PDFF", "liver", "mean", value, "%", None, 10, "fit")


def test_a_measurement_is_found_by_quantity_region_and_statistic() -> None:
    result = Quantification((MEAN,), (), (), ())
    assert result.get("PDFF", "liver") is MEAN
    assert result.get("PDFF", "segment_1") is None
    assert result.get("PDFF", "liver", "median") is None


def test_a_histogram_has_one_edge_more_than_bins() -> None:
    assert Histogram("PDFF", "liver", np.arange(4), np.ones(3)).counts.sum() == 3
    with pytest.raises(ValueError, match="one edge more"):
        Histogram("PDFF", "liver", np.arange(3), np.ones(3))


def test_a_map_is_found_by_the_key_of_its_quantity() -> None:
    grid = Geometry((1, 1, 1), np.eye(4))
    pdff = QuantityMap(Volume(np.zeros(grid.shape), grid, PDFF), np.ones(grid.shape), None, "fit")
    maps = MapSet((pdff,), "fit", (), ())
    assert maps.get("PDFF") is pdff
    assert maps.get("R2*") is None


@pytest.mark.parametrize(
    ("quantity", "value", "unit", "text"),
    [
        ("PDFF", 12.345, "%", "12.3 %"),
        ("PDFF", -0.04, "%", "0.0 %"),
        ("R2*", 51.26, "s⁻¹", "51.3 s⁻¹"),
        ("LIC", 1.005, "mg/g", "1.00 mg/g"),
        ("LIC", 40.0, "%", "40.0 %"),  # the share of a grade's band
        ("R2*", 1.2345, "", "1.23"),  # skewness
        ("R2*", 3.5, "bit", "3.50 bit"),  # entropy
    ],
)
def test_a_measurement_reads_by_its_quantity_or_its_unit(
    quantity: str, value: float, unit: str, text: str
) -> None:
    assert Measurement(quantity, "liver", "x", value, unit, None, 10, "fit").text == text


@pytest.mark.parametrize(
    ("error", "text"), [(None, ""), (0.04, "< 0.1 %"), (0.06, "0.1 %"), (1.26, "1.3 %")]
)
def test_an_error_that_rounds_to_nothing_is_not_shown_as_nothing(
    error: float | None, text: str
) -> None:
    assert Measurement("PDFF", "liver", "mean", 5.0, "%", error, 10, "fit").error_text == text


@pytest.mark.parametrize(("quantity", "unit"), [("PDFF", "mg/g"), ("iron", "mg/g")])
def test_a_number_that_nothing_can_show_never_becomes_a_measurement(
    quantity: str, unit: str
) -> None:
    with pytest.raises(ValueError, match="cannot be shown"):
        Measurement(quantity, "liver", "mean", 5.0, unit, None, 10, "fit")
