from __future__ import annotations

import pytest

from analysis.ingest.nifti_names import parse_name
from analysis.study import Component


@pytest.mark.parametrize(
    ("name", "echo", "component", "key"),
    [
        (
            "sub-1/anat/sub-1_echo-2_part-phase_MEGRE.nii.gz",
            2,
            Component.PHASE,
            "sub-1/anat/sub-1_MEGRE",
        ),
        ("7_gre_e3_ph.nii", 3, Component.PHASE, "7_gre"),
        ("7_gre_e3.nii.gz", 3, None, "7_gre"),
        ("7_gre_e1a.nii.gz", 1, None, "7_grea"),
        ("7_gre_e2_imaginary.nii", 2, Component.IMAGINARY, "7_gre"),
        ("liver_mag_TE1.nii", 1, Component.MAGNITUDE, "liver"),
        ("liver.nii.gz", None, None, "liver"),
        ("liver_inphase.nii", None, None, "liver_inphase"),
    ],
)
def test_a_name_tells_echo_component_and_series(
    name: str, echo: int | None, component: Component | None, key: str
) -> None:
    parsed = parse_name(name)

    assert (parsed.echo, parsed.component, parsed.series_key) == (echo, component, key)
