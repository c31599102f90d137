from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.ingest.header import StoredScale, VendorTags
from analysis.ingest.scaling import phase_scale, scale_of, standard_scale, to_radians
from analysis.ingest.vendor_rules import PhaseScale, Scale
from analysis.ingest.vendors import rules_for
from analysis.study import Component, Role
from tests.analysis.ingest.headers import image_header


def test_rescale_is_applied_when_there_is_nothing_better() -> None:
    header = image_header(scale=StoredScale(slope=0.07326, intercept=-100.0))

    assert standard_scale(header) == Scale(0.07326, -100.0)


def test_a_mapping_to_a_unit_comes_before_rescale() -> None:
    stored = StoredScale(
        slope=2.0,
        intercept=0.0,
        real_world_slope=0.1,
        real_world_intercept=0.0,
        real_world_unit="%",
    )

    assert standard_scale(image_header(scale=stored)) == Scale(0.1, 0.0)


def test_a_mapping_without_unit_does_not() -> None:
    stored = StoredScale(
        slope=2.0, intercept=1.0, real_world_slope=0.1, real_world_unit="{no units}"
    )

    assert standard_scale(image_header(scale=stored)) == Scale(2.0, 1.0)


def test_a_slope_of_zero_is_ignored() -> None:
    assert standard_scale(image_header(scale=StoredScale(slope=0.0))) == Scale()


def test_philips_signal_is_the_display_value_over_both_slopes() -> None:
    header = image_header(
        scale=StoredScale(slope=2.0, intercept=10.0), vendor=VendorTags(philips_scale_slope=0.05)
    )
    philips = rules_for("Philips Medical Systems")

    scale = scale_of(header, Component.MAGNITUDE, Role.OTHER, philips)

    stored = 300.0
    assert stored * scale.slope + scale.intercept == pytest.approx((300 * 2 + 10) / (2 * 0.05))


@pytest.mark.parametrize(
    ("component", "role"),
    [(Component.PHASE, Role.OTHER), (Component.MAGNITUDE, Role.PDFF_MAP)],
)
def test_philips_phase_and_maps_stay_display_values(component: Component, role: Role) -> None:
    header = image_header(
        scale=StoredScale(slope=1.5, intercept=-3142.0),
        vendor=VendorTags(philips_scale_slope=650.0),
    )

    assert scale_of(header, component, role, rules_for("Philips")) == Scale(1.5, -3142.0)


@pytest.mark.parametrize(
    ("manufacturer", "lowest", "highest", "expected"),
    [
        ("SIEMENS", -4096.0, 4094.0, PhaseScale(0.0, 4096.0)),
        ("SIEMENS", 0.0, 4095.0, PhaseScale(2048.0, 2048.0)),
        ("SIEMENS", -3.1416, 3.14, PhaseScale(0.0, math.pi)),
        ("GE MEDICAL SYSTEMS", -3142.0, 3141.0, PhaseScale(0.0, 1000 * math.pi)),
        ("Philips", -3142.0, 3140.0, PhaseScale(0.0, 1000 * math.pi)),
        ("TOSHIBA", -3.1, 3.1, PhaseScale(0.0, math.pi)),
        ("TOSHIBA", -4096.0, 4095.0, None),
        ("GE MEDICAL SYSTEMS", -9000.0, 9000.0, None),
    ],
)
def test_the_scale_of_phase_follows_the_vendor_and_the_range(
    manufacturer: str, lowest: float, highest: float, expected: PhaseScale | None
) -> None:
    values = np.array([lowest, highest], np.float32)

    assert phase_scale([values], rules_for(manufacturer).phase_scales) == expected


def test_half_the_range_is_half_a_turn() -> None:
    radians = to_radians(np.array([2048.0, -4096.0], np.float32), PhaseScale(0.0, 4096.0))

    assert radians == pytest.approx([math.pi / 2, -math.pi])
