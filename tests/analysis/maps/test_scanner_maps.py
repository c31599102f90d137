from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.errors import NoSuitableSeries
from analysis.maps import compute_maps
from analysis.maps.scanner_maps import scanner_maps
from analysis.quantities import FAT_SIGNAL_FRACTION, LIC, MR_SIGNAL, PDFF, R2STAR, T2STAR
from analysis.study import Acquisition, Role, SelectedSeries, StudyDescription, VendorMap
from analysis.volume import Volume
from tests.analysis.maps.test_vendor_maps import GEOMETRY, SHAPE, torso


def study(*vendor_maps: VendorMap) -> SelectedSeries:
    _, body = torso()
    return SelectedSeries(
        description=StudyDescription("1.2.3"),
        acquisition=Acquisition(field_strength_t=3.0),
        echoes=None,
        vendor_maps=vendor_maps,
        anatomical_image=Volume(np.where(body, 500.0, 1.0), GEOMETRY, MR_SIGNAL),
        choices=(),
        findings=(),
    )


def pdff_map(scale: float) -> VendorMap:
    pdff, _ = torso()
    return VendorMap(Volume(scale * pdff, GEOMETRY, PDFF), Role.PDFF_MAP, None, "1")


def t2star_map() -> VendorMap:
    return VendorMap(Volume(np.full(SHAPE, 20.0), GEOMETRY, T2STAR), Role.T2STAR_MAP, None, "2")


def echo(role: Role, value: float) -> VendorMap:
    return VendorMap(Volume(np.full(SHAPE, value), GEOMETRY, MR_SIGNAL), role, 2.3, "3")


def test_proven_scanner_maps_stand_in_for_a_fit_and_give_iron() -> None:
    maps = compute_maps(study(pdff_map(10.0), t2star_map()))
    assert [m.quantity for m in maps.maps] == [PDFF, R2STAR, LIC]
    iron = maps.get("LIC")
    assert iron is not None
    assert np.median(iron.volume.array[iron.valid]) == pytest.approx(-0.03 + 0.01349 * 50, abs=1e-3)
    assert [finding.code for finding in maps.findings] == ["scanner-map-proven"] * 2


def test_a_map_whose_scale_cannot_be_proven_is_refused_with_the_reason() -> None:
    with pytest.raises(NoSuitableSeries, match="no known scale turns into"):
        compute_maps(study(pdff_map(3.0)))


def test_a_refused_map_leaves_the_others() -> None:
    maps = compute_maps(study(pdff_map(3.0), t2star_map()))
    assert maps.get("PDFF") is None
    assert maps.get("R2*") is not None
    assert "scanner-map-refused" in {finding.code for finding in maps.findings}


def test_two_echoes_give_a_fat_signal_fraction_and_never_pdff() -> None:
    maps = compute_maps(study(echo(Role.IN_PHASE, 100.0), echo(Role.OPPOSED_PHASE, 70.0)))
    assert [m.quantity for m in maps.maps] == [FAT_SIGNAL_FRACTION]
    assert maps.findings[-1].code == "fat-signal-fraction-only"


def test_one_echo_alone_is_refused() -> None:
    with pytest.raises(NoSuitableSeries, match="send the multi-echo"):
        compute_maps(study(echo(Role.IN_PHASE, 100.0)))


def test_the_scanners_map_is_checked_against_our_own_fit() -> None:
    own, _ = torso()
    ours = compute_maps(study(pdff_map(1.0))).maps
    right = scanner_maps(study(pdff_map(10.0)), ours)
    wrong = scanner_maps(study(pdff_map(1.2)), ours)
    assert right.findings[0].evidence.startswith("slope 1.0")
    assert wrong.findings[0].code == "scanner-map-refused"
    assert own.max() > 90


def test_the_body_is_found_in_the_map_when_the_picture_lies_elsewhere() -> None:
    other = replace(GEOMETRY, affine=2 * GEOMETRY.affine)
    moved = replace(study(pdff_map(1.0)), anatomical_image=Volume(np.ones(SHAPE), other, MR_SIGNAL))
    assert scanner_maps(moved).maps[0].quantity is PDFF
