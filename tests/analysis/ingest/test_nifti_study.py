from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import UnsupportedAcquisition, UnusableInput
from analysis.ingest.options import ReadOptions
from analysis.ingest.study_reader import read_study
from analysis.study import Component, Role
from tests.analysis.ingest.nifti_files import (
    AFFINE,
    ECHOES_S,
    SIDECAR,
    echo_values,
    write_bids,
    write_nifti,
)

ECHOES_MS = tuple(1000 * time for time in ECHOES_S)


def test_bids_names_give_one_series_with_magnitude_and_phase(tmp_path: Path) -> None:
    write_bids(tmp_path)

    study = read_study(tmp_path)

    assert study.description.source == "NIfTI"
    assert study.description.patient_id == "sub-1"
    (series,) = study.series
    assert series.claimed_role is Role.MULTI_ECHO
    magnitude = [s for s in series.stacks if s.component is Component.MAGNITUDE]
    phase = [s for s in series.stacks if s.component is Component.PHASE]
    assert [s.echo_time_ms for s in magnitude] == pytest.approx(ECHOES_MS)
    assert all(s.phase_in_radians for s in phase)
    assert phase[0].volume.array.min() == pytest.approx(-np.pi)
    for echo, stack in enumerate(magnitude):
        np.testing.assert_array_equal(stack.volume.array, echo_values(echo))
        np.testing.assert_allclose(stack.volume.geometry.affine, AFFINE)
    assert study.skipped == ()


def test_seconds_and_hertz_become_the_units_of_the_core(tmp_path: Path) -> None:
    write_bids(tmp_path)

    acquisition = read_study(tmp_path).series[0].acquisition

    assert acquisition.repetition_time_ms == pytest.approx(9.0)
    assert acquisition.field_strength_t == pytest.approx(2.8935, abs=1e-3)
    assert acquisition.flip_angle_deg == 4.0


def test_dcm2niix_names_are_understood(tmp_path: Path) -> None:
    for echo, time in enumerate(ECHOES_S, start=1):
        sidecar = SIDECAR | {"EchoTime": time}
        write_nifti(tmp_path / f"5_gre_e{echo}.nii", echo_values(echo), sidecar)
        write_nifti(tmp_path / f"6_gre_e{echo}_ph.nii", echo_values(echo), sidecar)

    study = read_study(tmp_path)

    assert [series.stacks[0].component for series in study.series] == [
        Component.MAGNITUDE,
        Component.PHASE,
    ]
    assert {len(series.stacks) for series in study.series} == {len(ECHOES_S)}


@pytest.mark.parametrize("in_sidecar", [True, False])
def test_one_4d_file_takes_its_echo_times_from_side_car_or_user(
    tmp_path: Path, in_sidecar: bool
) -> None:
    values = np.stack([echo_values(echo) for echo in range(4)], axis=-1)
    sidecar = SIDECAR | ({"EchoTime": list(ECHOES_S)} if in_sidecar else {})
    path = write_nifti(tmp_path / "liver.nii.gz", values, sidecar)
    options = ReadOptions() if in_sidecar else ReadOptions(echo_times_ms=ECHOES_MS)

    (series,) = read_study(tmp_path, options=options).series

    assert [s.echo_time_ms for s in series.stacks] == pytest.approx(ECHOES_MS)
    np.testing.assert_array_equal(series.stacks[2].volume.array, echo_values(2))
    assert path.exists()


def test_a_single_4d_file_needs_no_folder(tmp_path: Path) -> None:
    values = np.stack([echo_values(echo) for echo in range(4)], axis=-1)
    path = write_nifti(tmp_path / "liver.nii", values)

    (series,) = read_study(path, options=ReadOptions(echo_times_ms=ECHOES_MS)).series

    assert len(series.stacks) == 4


def test_missing_echo_times_are_asked_for(tmp_path: Path) -> None:
    values = np.stack([echo_values(echo) for echo in range(4)], axis=-1)
    write_nifti(tmp_path / "liver.nii", values)

    with pytest.raises(UnsupportedAcquisition, match="--echo-times") as caught:
        read_study(tmp_path)

    assert caught.value.code == "echo-times-equal"


def test_echo_times_of_another_number_are_refused(tmp_path: Path) -> None:
    write_bids(tmp_path)

    with pytest.raises(UnsupportedAcquisition, match="names 2 echo times"):
        read_study(tmp_path, options=ReadOptions(echo_times_ms=(1.0, 2.0)))


def test_two_subjects_are_refused(tmp_path: Path) -> None:
    for subject in ("sub-1", "sub-2"):
        write_nifti(tmp_path / subject / f"{subject}_MEGRE.nii", echo_values(0), SIDECAR)

    with pytest.raises(UnusableInput, match="2 different patients") as caught:
        read_study(tmp_path)

    assert caught.value.code == "mixed-patients"


def test_a_damaged_file_is_listed_and_the_rest_is_read(tmp_path: Path) -> None:
    write_bids(tmp_path)
    (tmp_path / "broken.nii.gz").write_bytes(b"\x1f\x8b\x08broken")

    study = read_study(tmp_path)

    assert [file.name for file in study.skipped] == ["broken.nii.gz"]
    assert study.skipped[0].reason.startswith("damaged")
    assert len(study.series[0].stacks) == 2 * len(ECHOES_S)


def test_only_damaged_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.nii.gz").write_bytes(b"\x1f\x8b\x08broken")

    with pytest.raises(UnusableInput, match=r"broken\.nii\.gz") as caught:
        read_study(tmp_path)

    assert caught.value.code == "nifti-damaged"


def test_values_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    values = echo_values(0)
    values[0, 0, 0] = np.nan
    write_nifti(tmp_path / "liver.nii", values)

    with pytest.raises(UnusableInput, match="not finite"):
        read_study(tmp_path)


def test_a_side_car_without_image_is_listed(tmp_path: Path) -> None:
    write_bids(tmp_path)
    (tmp_path / "dataset_description.json").write_text(json.dumps({"Name": "x"}))

    assert [f.reason for f in read_study(tmp_path).skipped] == ["a side-car without image"]


def test_a_file_without_orientation_is_reported(tmp_path: Path) -> None:
    path = write_nifti(tmp_path / "liver_MEGRE.nii", echo_values(0), SIDECAR)
    content = bytearray(path.read_bytes())
    content[252:256] = bytes(4)  # qform_code and sform_code
    path.write_bytes(bytes(content))

    (finding,) = read_study(tmp_path).findings

    assert finding.code == "nifti-without-orientation"
