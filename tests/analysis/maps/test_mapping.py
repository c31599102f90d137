from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import NoSuitableSeries
from analysis.maps import MapOptions, compute_maps
from analysis.quantities import MR_SIGNAL
from analysis.study import Acquisition, MultiEcho, SelectedSeries, StudyDescription
from analysis.volume import Volume
from tests.analysis.maps.phantoms import grid, simulate

SHAPE = (16, 16, 3)


def study_of(echoes: MultiEcho | None, **acquisition: float | None) -> SelectedSeries:
    image = np.ones(SHAPE) if echoes is None else echoes.magnitude[0]
    return SelectedSeries(
        description=StudyDescription("1.2.3"),
        acquisition=Acquisition(**acquisition),
        echoes=echoes,
        vendor_maps=(),
        anatomical_image=Volume(image, grid(SHAPE), MR_SIGNAL),
        choices=(),
        findings=(),
    )


@pytest.fixture(scope="module")
def liver() -> MultiEcho:
    fat = np.full(SHAPE, 10.0)
    return simulate(fat, np.full(SHAPE, 100.0), 1.5, snr=60, with_phase=False)


def test_a_study_gives_fat_iron_water_and_their_uncertainty(liver: MultiEcho) -> None:
    maps = compute_maps(study_of(liver, field_strength_t=1.5))
    assert [m.quantity.key for m in maps.maps] == [
        "PDFF", "R2*", "water", "fat", "ambiguity", "residual", "LIC",
    ]  # fmt: skip
    pdff, r2star, iron = maps.get("PDFF"), maps.get("R2*"), maps.get("LIC")
    assert pdff is not None
    assert r2star is not None
    assert iron is not None
    assert pdff.valid.all()
    assert pdff.volume.array.mean() == pytest.approx(10.0, abs=0.3)
    assert r2star.volume.array.mean() == pytest.approx(100.0, abs=1.0)
    assert iron.volume.array.mean() == pytest.approx(-0.16 + 2.603, abs=0.03)
    assert pdff.standard_error is not None
    assert iron.standard_error is not None
    assert [finding.code for finding in maps.findings] == ["phase-missing"]


def test_an_unknown_field_strength_still_gives_fat_but_no_iron(liver: MultiEcho) -> None:
    maps = compute_maps(study_of(liver))
    pdff = maps.get("PDFF")
    assert pdff is not None
    assert pdff.volume.array.mean() == pytest.approx(10.0, abs=0.3)
    assert maps.get("LIC") is None
    codes = [finding.code for finding in maps.findings]
    assert codes == ["field-strength-inferred", "phase-missing", "lic-refused"]
    assert "1.5 T was assumed" in maps.findings[0].message


def test_a_field_strength_given_by_the_user_counts_as_known(liver: MultiEcho) -> None:
    maps = compute_maps(study_of(liver), MapOptions(field_strength_t=1.5))
    assert maps.get("LIC") is not None
    assert ("field strength", "1.5 T (given by the user)") in maps.details


def test_iron_is_refused_where_no_calibration_was_measured() -> None:
    echoes = simulate(np.full(SHAPE, 10.0), np.full(SHAPE, 60.0), with_phase=False)
    maps = compute_maps(study_of(echoes, field_strength_t=2.2))
    assert maps.get("LIC") is None
    refusal = next(f for f in maps.findings if f.code == "lic-refused")
    assert "not interpolated" in refusal.evidence


def test_a_mask_limits_the_fit(liver: MultiEcho) -> None:
    mask = np.zeros(SHAPE, dtype=bool)
    mask[4:9, 4:9] = True
    pdff = compute_maps(study_of(liver, field_strength_t=1.5), mask=mask).get("PDFF")
    assert pdff is not None
    assert (pdff.valid == mask).all()


def test_a_study_without_echoes_or_maps_is_refused() -> None:
    with pytest.raises(NoSuitableSeries, match="no multi-echo images"):
        compute_maps(study_of(None, field_strength_t=1.5))
