from __future__ import annotations

import json
import math

import pytest

from analysis.ingest.header import StoredScale, VendorTags, from_rows, to_json
from tests.analysis.ingest.headers import image_header


def test_headers_survive_the_way_out_of_the_reading_process() -> None:
    header = image_header(
        scale=StoredScale(slope=2.0, real_world_unit="ms"),
        vendor=VendorTags(philips_scale_slope=0.5, ge_component=1),
        echo_number=3,
    )

    assert from_rows(json.loads(to_json([header]))) == (header,)


def test_numbers_that_are_not_finite_never_leave_it() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        to_json([image_header(echo_time_ms=math.nan)])
