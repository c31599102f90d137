"""Positions and values against an independent reader, on real and simulated exports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.ingest.study_reader import read_study
from analysis.series_selection import select_series
from analysis.simulation.dicom.writer import DicomOptions, write_dicom
from analysis.simulation.phantom import simulate, small_phantom
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.study import Component
from tests.analysis.ingest.dcm2niix import agrees, convert

EXPORTS = [
    (vendor, is_enhanced)
    for vendor in ("siemens", "ge", "philips", "canon")
    for is_enhanced in (False, True)
]
# dcm2niix 1.0.20220720 stacks the frames of the other two enhanced exports as if they were slices.
COMPARABLE = [one for one in EXPORTS if one not in (("siemens", True), ("ge", True))]


@pytest.fixture(scope="module")
def simulated() -> SimulatedStudy:
    return simulate(small_phantom(3))


def test_real_siemens_images_agree(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "dicom_multiecho"
    converted = convert(folder, tmp_path)

    magnitude, phase = read_study(folder).series

    assert [stack.echo_time_ms for stack in magnitude.stacks] == [5.19, 7.65]
    assert [stack.echo_time_ms for stack in phase.stacks] == [7.65]
    assert magnitude.acquisition.field_strength_t == pytest.approx(2.895, abs=1e-3)
    for series in (magnitude, phase):
        assert all(agrees(stack, series.number, converted) for stack in series.stacks)
    # dcm2niix leaves phase at -4096..4094; radians are that times pi / 4096.
    shown = next(one for one in converted if one.name.endswith("_ph")).values
    assert phase.stacks[0].volume.array.min() == pytest.approx(shown.min() * np.pi / 4096)


@pytest.mark.parametrize(("vendor", "is_enhanced"), COMPARABLE)
def test_simulated_exports_agree(
    simulated: SimulatedStudy, tmp_path: Path, vendor: str, is_enhanced: bool
) -> None:
    source, target = tmp_path / "dicom", tmp_path / "nifti"
    target.mkdir()
    write_dicom(simulated, source, options=DicomOptions(vendor=vendor, is_enhanced=is_enhanced))
    converted = convert(source, target)

    read = [series for series in read_study(source).series if series.stacks]

    assert read
    for series in read:
        disagreeing = [s for s in series.stacks if not agrees(s, series.number, converted)]
        assert disagreeing == []


@pytest.mark.parametrize(("vendor", "is_enhanced"), EXPORTS)
def test_what_was_simulated_comes_back(
    simulated: SimulatedStudy, tmp_path: Path, vendor: str, is_enhanced: bool
) -> None:
    options = DicomOptions(vendor=vendor, is_enhanced=is_enhanced, has_vendor_maps=True)
    write_dicom(simulated, tmp_path, options=options)

    selected = select_series(read_study(tmp_path))

    truth, echoes = simulated.echoes, selected.echoes
    assert echoes is not None
    assert echoes.echo_times_ms == pytest.approx(truth.echo_times_ms)
    assert echoes.geometry.matches(truth.geometry)
    scale = float((echoes.magnitude * truth.magnitude).sum() / (truth.magnitude**2).sum())
    largest = float(truth.magnitude.max())
    assert np.abs(echoes.magnitude / scale - truth.magnitude).max() < 3e-4 * largest
    assert len(selected.vendor_maps) == 2
    if echoes.phase_rad is not None and truth.phase_rad is not None:
        difference = np.angle(np.exp(1j * (echoes.phase_rad - truth.phase_rad)))
        assert np.abs(difference[truth.magnitude > 0.2 * largest]).max() < 2e-3


def test_real_and_imaginary_of_ge_become_magnitude_and_phase(
    simulated: SimulatedStudy, tmp_path: Path
) -> None:
    write_dicom(simulated, tmp_path, options=DicomOptions(vendor="ge", has_real_imaginary=True))

    study = read_study(tmp_path)
    selected = select_series(study)

    assert {stack.component for series in study.series for stack in series.stacks} == {
        Component.MAGNITUDE,
        Component.REAL,
        Component.IMAGINARY,
    }
    assert selected.echoes is not None
    assert selected.echoes.phase_rad is not None


@pytest.mark.parametrize(
    ("folder", "field_t", "echoes_ms"),
    [
        ("ge_01", 1.5, (2.216, 5.136)),
        ("philips_01", 3.0, (4.001, 6.46)),
        ("siemens_02", 2.895, (4.0, 6.46)),
    ],
)
def test_real_dual_echo_nifti_of_three_vendors_is_read(
    shared_data: Path, folder: str, field_t: float, echoes_ms: tuple[float, float]
) -> None:
    study = read_study(shared_data / "abdomen_dual_echo" / folder)

    stacks = [
        stack
        for series in study.series
        if series.claimed_role == "multi-echo"
        for stack in series.stacks
    ]
    for component in (Component.MAGNITUDE, Component.PHASE):
        chosen = [stack for stack in stacks if stack.component is component]
        assert [stack.echo_time_ms for stack in chosen] == pytest.approx(echoes_ms)
    phase = [stack for stack in stacks if stack.component is Component.PHASE]
    assert all(stack.phase_in_radians for stack in phase)
    assert max(float(np.abs(s.volume.array).max()) for s in phase) == pytest.approx(np.pi, rel=1e-3)
    assert study.series[0].acquisition.field_strength_t == pytest.approx(field_t, abs=1e-3)
