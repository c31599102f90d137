from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.errors import UnusableInput
from analysis.ingest.study_reader import read_study
from analysis.study import Role
from tests.analysis.ingest.dicom_files import (
    ECHOES_MS,
    SeriesSpec,
    expected,
    setting,
    write_series,
)


def test_every_voxel_is_where_the_header_says_whatever_the_file_names(tmp_path: Path) -> None:
    write_series(tmp_path)

    (series,) = read_study(tmp_path).series

    assert series.claimed_role is Role.MULTI_ECHO
    assert [stack.echo_time_ms for stack in series.stacks] == list(ECHOES_MS)
    for echo, stack in enumerate(series.stacks):
        np.testing.assert_array_equal(stack.volume.array, expected(echo))
    # LPS origin (-12, 7, -30); columns 3 mm apart, rows 2 mm, slices 4 mm.
    np.testing.assert_allclose(
        series.stacks[0].volume.geometry.affine,
        [[-3, 0, 0, 12], [0, -2, 0, -7], [0, 0, 4, -30], [0, 0, 0, 1]],
    )


def test_the_true_field_strength_comes_from_the_frequency(tmp_path: Path) -> None:
    write_series(tmp_path)

    (series,) = read_study(tmp_path).series

    assert series.acquisition.field_strength_t == pytest.approx(2.8935, abs=1e-3)
    assert series.acquisition.repetition_time_ms == 9.0
    assert series.acquisition.flip_angle_deg == 4.0


def test_what_is_not_needed_is_listed_with_the_reason(tmp_path: Path) -> None:
    write_series(tmp_path)
    write_series(tmp_path, SeriesSpec(number=1, description="localizer", echoes_ms=(3.0,)))
    write_series(tmp_path, SeriesSpec(number=2, description="t1_vibe", echoes_ms=(2.5,)))
    write_series(
        tmp_path,
        SeriesSpec(number=9, echoes_ms=(2.5,), edit=setting(Modality="SR", SOPClassUID="1.2.3")),
    )
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "IM9999").touch()

    study = read_study(tmp_path)

    reasons = {series.number: series.not_read for series in study.series}
    assert reasons == {
        1: "a localizer",
        2: "single-echo images, not needed for fat and iron",
        5: "",
        9: "a document or result, not images",
    }
    assert {file.name: file.reason for file in study.skipped} == {
        "notes.txt": "not a DICOM or NIfTI image",
        "IM9999": "empty (0 bytes); send it again",
    }


def test_two_patients_in_one_folder_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path)
    write_series(tmp_path, SeriesSpec(number=6, edit=setting(PatientID="P-2")))

    with pytest.raises(UnusableInput, match="different patients"):
        read_study(tmp_path)
