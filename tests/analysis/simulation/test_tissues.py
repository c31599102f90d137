from __future__ import annotations

import numpy as np
import pytest

from analysis.anatomy import SEGMENTS
from analysis.simulation.tissues import BY_NAME, TISSUES, property_table


def test_every_value_and_name_occurs_once() -> None:
    assert len({tissue.value for tissue in TISSUES}) == len(TISSUES)
    assert len({tissue.name for tissue in TISSUES}) == len(TISSUES)


def test_couinaud_segments_keep_their_label_values() -> None:
    for segment in SEGMENTS:
        assert BY_NAME[f"liver_segment_{segment.label}"].value == segment.label


def test_all_liver_segments_share_one_tissue_row() -> None:
    table = property_table("t1_ms_at_1p5t")
    assert np.unique(table[1:9]).tolist() == [586.0]


def test_fat_relaxes_faster_than_any_organ_and_holds_most_fat() -> None:
    fat, liver = BY_NAME["subcutaneous_fat"], BY_NAME["liver_segment_5"]
    assert fat.t1_ms_at_3t < liver.t1_ms_at_3t
    assert fat.pdff_percent > 80 > liver.pdff_percent


@pytest.mark.parametrize("tissue", TISSUES, ids=lambda tissue: tissue.name)
def test_properties_are_physically_possible(tissue) -> None:
    assert 0 <= tissue.pdff_percent <= 100
    assert 0 <= tissue.proton_density <= 1
    assert 0 < tissue.t2_ms <= tissue.t1_ms_at_1p5t <= tissue.t1_ms_at_3t
    assert tissue.r2star_per_s_at_1p5t <= tissue.r2star_per_s_at_3t
    assert -1024 <= tissue.ct_hu <= 3071


def test_an_unused_label_value_gives_nan() -> None:
    assert np.isnan(property_table("t2_ms")[9])


def test_a_text_field_is_refused() -> None:
    with pytest.raises(KeyError, match="not a numeric tissue property"):
        property_table("note")
