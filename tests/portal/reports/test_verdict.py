"""What stands beside the first numbers of a report."""

from __future__ import annotations

import pytest

from analysis.heterogeneity import ERODED
from portal.reports.verdict import build_verdict
from tests.portal.reports.conftest import Analysed


@pytest.mark.parametrize("quantity", ["PDFF", "R2*"])
def test_fat_and_iron_are_also_given_without_the_outermost_voxel(
    results: Analysed, quantity: str
) -> None:
    shown = {figure.key: figure for figure in build_verdict(results.report)}
    eroded = results.report.get(quantity, "liver", "mean" + ERODED)
    whole = results.report.get(quantity, "liver", "mean")
    assert eroded is not None
    assert whole is not None
    assert eroded.n_voxels < whole.n_voxels
    assert shown[quantity].details == (f"{eroded.text} without the outermost voxel of the outline",)


def test_a_volume_without_its_outermost_voxel_is_not_given(results: Analysed) -> None:
    volume = next(figure for figure in build_verdict(results.report) if figure.key == "volume")
    assert not any("outermost" in detail for detail in volume.details)
