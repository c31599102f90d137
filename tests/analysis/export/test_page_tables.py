from __future__ import annotations

import numpy as np
import pytest

from analysis.export.page import build_page
from analysis.export.page_tables import MISSING, with_error
from analysis.measurement import Measurement
from analysis.quantities import PDFF
from tests.analysis.small_liver import (
    LABELS,
    by_segment,
    make_map,
    make_maps,
    make_report,
)


def test_each_segment_has_a_row_with_its_own_numbers() -> None:
    report = make_report()
    page = build_page(report)
    assert [row.name for row in page.segments][:2] == ["Whole liver", "I (caudate)"]
    assert [row.name for row in page.segments if row.is_part] == [
        "IVa (geometric)",
        "IVb (geometric)",
    ]
    assert page.quantities == ("PDFF", "R2*", "LIC")
    for n, row in enumerate((r for r in page.segments[1:] if not r.is_part), 1):
        mean = report.get("PDFF", f"segment_{n}")
        assert mean is not None
        assert row.cells[0].mean == with_error(mean)
        assert row.cells[0].spread == "SD without noise 0.0 %, IQR 0.0 %"
        assert (row.volume, row.share, row.voxels) == ("101 ml", "12.5 %", "30")
        assert len(row.cells) == 3


def test_the_parts_of_segment_four_stand_below_it_with_their_own_numbers() -> None:
    report = make_report()
    rows = build_page(report).segments
    at = [row.name for row in rows].index("IV")
    for row, region, n in ((rows[at + 1], "segment_4a", 12), (rows[at + 2], "segment_4b", 18)):
        mean, volume = report.get("PDFF", region), report.get("volume", region, "total")
        assert mean is not None
        assert volume is not None
        assert (row.cells[0].mean, row.volume, row.voxels) == (
            with_error(mean),
            volume.text,
            str(n),
        )
    assert dict(build_page(report).facts)["Segments IVa, IVb"].startswith("geometric: level plane")


def test_the_spread_without_noise_is_shown_when_it_is_known() -> None:
    noisy = by_segment([5] * 8) + 3 * np.indices(LABELS.array.shape).sum(axis=0) % 2
    known = build_page(make_report(make_maps(make_map(noisy, error=0.3)))).segments[0]
    unknown = build_page(make_report(make_maps(make_map(noisy, error=None)))).segments[0]
    assert known.cells[0].spread.startswith("SD without noise 0.4 %")
    assert unknown.cells[0].spread.startswith("SD 0.5 %")


def test_what_a_segment_lacks_is_a_dash() -> None:
    valid = by_segment([0, 1, 1, 1, 1, 1, 1, 1]) > 0
    page = build_page(make_report(make_maps(make_map(5.0, PDFF, valid=valid))))
    assert page.segments[1].cells[0].mean == MISSING


def test_methods_hold_scan_fit_model_and_versions() -> None:
    facts = dict(build_page(make_report()).facts)
    assert facts["Field strength"] == "3 T"
    assert facts["Flip angle"] == "3°"
    assert facts["Echoes"] == "6 from 1.2 to 6.2 ms"
    assert "ab" * 32 in facts["Model liver"]
    assert facts["lobule"] == "0.1.0"
    assert "Repetition time" not in facts  # the header does not say


def test_series_are_listed_with_the_reason_for_their_use() -> None:
    table = build_page(make_report()).series
    assert table.rows[0] == ("7", "vibe_q-dixon", "multi-echo", "used", "six echoes")
    assert table.rows[1][3:] == ("not used", "a localizer")


@pytest.mark.parametrize(
    ("error", "text"), [(None, "12.3 %"), (0.21, "12.3 % ± 0.2 %"), (0.01, "12.3 % ± < 0.1 %")]
)
def test_a_value_is_shown_with_its_error(error: float | None, text: str) -> None:
    assert with_error(Measurement("PDFF", "liver", "mean", 12.34, "%", error, 9, "fit")) == text


def test_shares_of_the_bands_are_one_line_a_quantity() -> None:
    bands = dict(build_page(make_report()).bands)
    assert len(bands) == 2
    fat = next(value for name, value in bands.items() if name.startswith("PDFF"))
    assert fat == "S0 75.0 %, S1 25.0 %, S2 0.0 %, S3 0.0 %"


def test_a_fact_is_listed_once() -> None:
    names = [name.lower() for name, _ in build_page(make_report()).facts]
    assert len(names) == len(set(names))
