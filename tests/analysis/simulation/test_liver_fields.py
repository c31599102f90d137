from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.simulation.abdomen import sample_abdomen
from analysis.simulation.liver_fields import healthy_liver_r2star_per_s, liver_fat_and_iron
from analysis.simulation.phantom import small_phantom
from analysis.simulation.spec import FocalChange, LiverSpec, PhantomSpec

PLAIN = LiverSpec(
    segment_pdff_sd_percent=0,
    segment_r2star_sd_fraction=0,
    right_left_pdff_percent=0,
    texture_pdff_percent=0,
    texture_r2star_fraction=0,
    focal=(),
)


@pytest.fixture(scope="module")
def anatomy():
    return sample_abdomen(small_phantom(5))


def spec_of(liver: LiverSpec) -> PhantomSpec:
    return small_phantom(5, liver=liver)


def test_segments_differ_but_the_liver_keeps_its_mean(anatomy):
    liver = replace(PLAIN, segment_pdff_sd_percent=3.0, segment_r2star_sd_fraction=0.2)
    pdff, rate = liver_fat_and_iron(anatomy, spec_of(replace(liver, r2star_per_s=100.0)))
    label = anatomy.segments.array
    assert pdff[label > 0].mean() == pytest.approx(12.0, abs=0.001)
    assert rate[label > 0].mean() == pytest.approx(100.0, rel=1e-4)
    means = [pdff[label == value].mean() for value in range(1, 9)]
    assert np.std(means) > 1.0
    assert all(pdff[label == value].std() < 1e-4 for value in range(1, 9))


def test_the_gradient_rises_to_the_right_by_what_was_asked(anatomy):
    pdff, _ = liver_fat_and_iron(anatomy, spec_of(replace(PLAIN, right_left_pdff_percent=4.0)))
    inside = np.argwhere(anatomy.liver)
    values = pdff[anatomy.liver]
    assert values.max() - values.min() == pytest.approx(4.0, rel=1e-3)
    # Columns run to the patient's left, so the smallest column index is the right edge.
    assert values[inside[:, 0].argmin()] == values.max()
    assert values.mean() == pytest.approx(12.0, abs=1e-3)


def test_a_focal_change_is_full_in_its_middle_and_half_at_its_radius(anatomy):
    change = FocalChange(segment=8, radius_mm=15.0, pdff_change_percent=10.0, r2star_factor=2.0)
    liver = replace(PLAIN, focal=(change,), r2star_per_s=50.0)
    pdff, rate = liver_fat_and_iron(anatomy, spec_of(liver))
    assert pdff.max() == pytest.approx(22.0, abs=0.1)
    assert rate.max() == pytest.approx(100.0, rel=0.01)
    half = np.argwhere(pdff > 17.0)
    radius = np.cbrt(len(half) * anatomy.geometry.voxel_volume_ml * 1000 * 3 / 4 / np.pi)
    assert radius == pytest.approx(15.0, rel=0.2)
    assert pdff[anatomy.segments.array == 6].max() == pytest.approx(12.0, abs=0.05)


def test_texture_has_the_requested_sd(anatomy):
    liver = replace(PLAIN, texture_pdff_percent=2.0, texture_r2star_fraction=0.1, r2star_per_s=60)
    pdff, rate = liver_fat_and_iron(anatomy, spec_of(liver))
    assert pdff.std() == pytest.approx(2.0, rel=0.02)
    assert rate.std() == pytest.approx(6.0, rel=0.02)


def test_a_focal_change_in_a_missing_segment_changes_nothing(anatomy):
    empty = replace(anatomy, segments=replace(anatomy.segments, array=anatomy.segments.array * 0))
    liver = replace(PLAIN, focal=(FocalChange(2, 10.0, 20.0),))
    pdff, _ = liver_fat_and_iron(empty, spec_of(liver))
    assert pdff.max() == pdff.min() == 12.0


def test_a_healthy_liver_relaxes_as_published():
    assert healthy_liver_r2star_per_s(1.5) == 29.0
    assert healthy_liver_r2star_per_s(3.0) == 45.0
