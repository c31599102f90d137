from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from analysis.errors import UnusableInput
from analysis.ingest.study_reader import read_study
from tests.analysis.ingest.dicom_files import (
    Place,
    SeriesSpec,
    expected,
    finding_codes,
    setting,
    write_series,
)


def test_a_slice_missing_in_one_echo_is_refused_by_name(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(skip=lambda place: place == Place(2, 1)))

    with pytest.raises(UnusableInput, match=r"echo at 2\.20 ms lacks slice 3 of 5") as caught:
        read_study(tmp_path)

    assert caught.value.code == "missing-slices"


def test_a_slice_missing_at_the_edge_of_one_echo_costs_that_slice(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(skip=lambda place: place == Place(4, 1)))

    study = read_study(tmp_path)

    assert finding_codes(study) == {"slices-missing-at-edge"}
    assert {stack.volume.geometry.shape for stack in study.series[0].stacks} == {(8, 6, 4)}
    np.testing.assert_array_equal(study.series[0].stacks[0].volume.array, expected(0)[..., :4])


def test_a_slice_missing_in_every_echo_is_refused(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(skip=lambda place: place.slice_index == 2))

    with pytest.raises(UnusableInput, match="Slices are missing in series 5"):
        read_study(tmp_path)


def test_an_incomplete_repeat_does_not_stop_a_complete_acquisition(tmp_path: Path) -> None:
    write_series(tmp_path)
    write_series(tmp_path, SeriesSpec(number=6, skip=lambda place: place == Place(2, 1)))

    study = read_study(tmp_path)

    assert [bool(series.stacks) for series in study.series] == [True, False]
    assert "is incomplete" in study.series[1].not_read
    assert finding_codes(study) == {"missing-slices"}


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    (first, *_) = write_series(tmp_path)
    first.write_bytes(first.read_bytes()[:-20])

    with pytest.raises(UnusableInput, match=first.name) as caught:
        read_study(tmp_path)

    assert caught.value.code == "damaged-pixel-data"
    assert "76 of 96 bytes" in caught.value.message


def test_a_file_cut_off_in_its_header_leaves_a_missing_slice(tmp_path: Path) -> None:
    files = write_series(tmp_path)
    files[2].write_bytes(files[2].read_bytes()[:300])

    with pytest.raises(UnusableInput, match=r"echo at 1\.20 ms lacks slice 3 of 5"):
        read_study(tmp_path)


def test_a_file_that_cannot_be_parsed_is_listed_and_reported(tmp_path: Path) -> None:
    write_series(tmp_path)
    (tmp_path / "broken").write_bytes(bytes(128) + b"DICM" + b"\xff" * 200)

    study = read_study(tmp_path)

    assert [file.name for file in study.skipped] == ["broken"]
    assert study.series[0].stacks


def test_images_that_claim_to_be_huge_are_refused_without_reading_them(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(edit=setting(Rows=65000, Columns=65000)))

    with pytest.raises(UnusableInput, match="pixels") as caught:
        read_study(tmp_path)

    assert caught.value.code == "damaged-pixel-data"
