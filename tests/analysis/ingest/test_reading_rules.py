from __future__ import annotations

from typing import Any

import pytest

from analysis.ingest.header import PixelLocation
from analysis.ingest.reading_rules import reason_not_to_read
from tests.analysis.ingest.headers import image_header, series_header


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"modality": "CT"}, "CT images, not MR"),
        ({"modality": "SR"}, "a document or result, not images"),
        ({"sop_class_uid": "1.2.840.10008.5.1.4.1.1.7"}, "a screen copy or other object"),
        ({"series_description": "3-plane localizer"}, "a localizer"),
        ({"series_description": "Survey_BH"}, "a localizer"),
        ({"scanning_sequence": ("SE",)}, "not a gradient-echo acquisition"),
        ({"scanning_sequence": ("EP", "GR")}, "not a gradient-echo acquisition"),
        ({"scanning_sequence": ("GR", "IR")}, ""),
        ({"scanning_sequence": ()}, ""),
    ],
)
def test_the_series_tells_whether_it_is_read(changes: dict[str, Any], reason: str) -> None:
    assert reason_not_to_read([image_header(series=series_header(**changes))]) == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"image_type": ("ORIGINAL", "PRIMARY", "LOCALIZER")}, "a localizer"),
        ({"image_type": ("ORIGINAL", "PRIMARY", "M", "MOSAIC")}, "an EPI mosaic"),
        ({"position_lps_mm": ()}, "images without a position in space"),
        ({"pixel_spacing_mm": (0.0, 1.0)}, "images without a position in space"),
        ({"pixels": PixelLocation(rows=6, columns=8, samples=3)}, "a colour screen copy"),
    ],
)
def test_the_image_tells_whether_its_series_is_read(changes: dict[str, Any], reason: str) -> None:
    assert reason_not_to_read([image_header(**changes)]) == reason


def test_a_series_in_several_planes_is_a_localizer() -> None:
    sagittal = image_header(orientation_lps=(0.0, 1.0, 0.0, 0.0, 0.0, -1.0))

    assert "several planes" in reason_not_to_read([image_header(), sagittal])
