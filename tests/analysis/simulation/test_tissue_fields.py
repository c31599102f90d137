from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.simulation.abdomen import sample_abdomen
from analysis.simulation.phantom import small_phantom
from analysis.simulation.spec import LiverSpec, PhantomSpec
from analysis.simulation.tissue_fields import tissue_fields
from analysis.simulation.tissues import BY_NAME

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


def test_values_stay_possible(anatomy):
    liver = replace(PLAIN, pdff_percent=1.0, texture_pdff_percent=5.0, texture_r2star_fraction=2.0)
    fields = tissue_fields(anatomy, spec_of(liver))
    assert fields.pdff_percent.min() >= 0
    assert fields.pdff_percent.max() <= 100
    assert fields.r2star_per_s.min() >= 1
    assert fields.proton_density.min() >= 0
    assert np.isfinite(fields.t1_water_ms).all()


def test_other_tissues_follow_the_table(anatomy):
    fields = tissue_fields(anatomy, spec_of(PLAIN))
    fat = anatomy.tissues == BY_NAME["subcutaneous_fat"].value
    assert fields.pdff_percent[fat].mean() == pytest.approx(92.0, abs=0.5)
    assert fields.r2star_per_s[fat].mean() == pytest.approx(60.0, rel=0.02)
    assert fields.t1_fat_ms == 382.0
    assert np.unique(fields.t1_water_ms[fat]).tolist() == [1412.0]
    assert np.median(fields.pdff_percent[anatomy.vessels]) < 1


def test_flowing_blood_is_drawn_brighter(anatomy):
    fields = tissue_fields(anatomy, spec_of(PLAIN))
    aorta = anatomy.tissues == BY_NAME["large_vessel"].value
    assert fields.proton_density[aorta].mean() == pytest.approx(0.85 * 1.15, rel=0.01)
