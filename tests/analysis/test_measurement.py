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
