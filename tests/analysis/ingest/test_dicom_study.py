from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from analysis.errors import UnsupportedAcquisition, UnusableInput
from analysis.ingest.options import ReadOptions
from analysis.ingest.study_reader import read_study
from analysis.study import Component, IngestedStudy, Role
from tests.analysis.ingest.dicom_files import (
    ECHOES_MS,
    SLICES,
    Place,
    SeriesSpec,
    phase_values,
    stored_values,
    write_series,
)


def setting(**values: object) -> Callable[[Dataset], None]:
    def edit(dataset: Dataset) -> None:
        for name, value in values.items():
            setattr(dataset, name, value)

    return edit


def expected(echo: int) -> npt.NDArray[np.float32]:
    """Return (i, j, k) what was written for an echo: i counts columns, j rows, k slices."""
    slices = [stored_values(Place(k, echo)).T for k in range(SLICES)]
    return np.stack(slices, axis=-1).astype(np.float32)


def codes(study: IngestedStudy) -> set[str]:
    return {finding.code for finding in study.findings}


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


def test_slices_are_sorted_by_position_not_by_slice_location(tmp_path: Path) -> None:
    def mislead(dataset: Dataset) -> None:
        dataset.SliceLocation = -float(dataset.ImagePositionPatient[2])
        dataset.InstanceNumber = 1

    write_series(tmp_path, SeriesSpec(edit=mislead))

    (series,) = read_study(tmp_path).series

    np.testing.assert_array_equal(series.stacks[1].volume.array, expected(1))


def test_a_volume_names_its_images_slice_by_slice(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(edit=setting(FrameOfReferenceUID="1.2.840.7")))
    places = {
        str(image.SOPInstanceUID): float(image.ImagePositionPatient[2])
        for image in (dcmread(path) for path in tmp_path.rglob("*") if path.is_file())
    }

    (series,) = read_study(tmp_path).series

    source = series.stacks[1].source
    assert source is not None
    assert source.series_instance_uid == series.series_instance_uid
    assert source.frame_of_reference_uid == "1.2.840.7"
    affine = series.stacks[1].volume.geometry.affine
    heights = [affine[2, 2] * k + affine[2, 3] for k in range(SLICES)]
    assert [places[uid] for uid in source.sop_instance_uids] == pytest.approx(heights)


def test_images_outside_a_frame_of_reference_are_named_by_none(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(edit=setting(FrameOfReferenceUID="")))

    (series,) = read_study(tmp_path).series

    assert series.stacks[0].source is None


def test_a_slice_order_against_the_normal_gives_the_same_world(tmp_path: Path) -> None:
    flipped = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
    write_series(tmp_path, SeriesSpec(orientation=flipped))

    (series,) = read_study(tmp_path).series

    geometry = series.stacks[0].volume.geometry
    values = series.stacks[0].volume.array
    # The normal of this orientation points down: slice 0 was written highest.
    assert geometry.affine[2, 2] == pytest.approx(-4)
    assert values[0, 0, 0] == 0
    assert geometry.affine[:3, 3] == pytest.approx([12, -7, -30])


def test_siemens_phase_comes_in_radians(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(components=("M", "P"), values=phase_values))

    (series,) = read_study(tmp_path).series

    phases = [stack for stack in series.stacks if stack.component is Component.PHASE]
    assert len(phases) == len(ECHOES_MS)
    assert all(stack.phase_in_radians for stack in phases)
    lowest = phases[0].volume.array[0, 0, 0]
    assert lowest == pytest.approx(-np.pi)


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


def test_a_scanner_map_is_recognised_and_rescaled(tmp_path: Path) -> None:
    write_series(tmp_path)
    write_series(
        tmp_path,
        SeriesSpec(
            number=11,
            description="vibe_q-dixon_FF",
            echoes_ms=(1.2,),
            edit=setting(RescaleSlope=0.1, RescaleIntercept=-5.0),
        ),
    )

    series = read_study(tmp_path).series[1]

    assert series.claimed_role is Role.PDFF_MAP
    np.testing.assert_allclose(
        series.stacks[0].volume.array, expected(0) * 0.1 - 5.0, rtol=1e-5, atol=1e-4
    )


def test_kinds_of_image_stacked_in_one_series_are_told_apart(tmp_path: Path) -> None:
    def label(dataset: Dataset) -> None:
        kind = ("W", "F", "FF", "T2_STAR")[int(dataset.EchoNumbers) - 1]
        dataset.ImageType = ["DERIVED", "PRIMARY", kind, kind]
        dataset.EchoTime = 1.2

    write_series(tmp_path, SeriesSpec(manufacturer="Philips", edit=label))

    roles = {series.claimed_role for series in read_study(tmp_path).series}

    assert roles == {Role.WATER, Role.FAT, Role.PDFF_MAP, Role.T2STAR_MAP}


def test_echoes_in_one_series_each_are_all_read(tmp_path: Path) -> None:
    for number, echo in enumerate(ECHOES_MS, start=5):
        write_series(tmp_path, SeriesSpec(number=number, echoes_ms=(echo,)))

    study = read_study(tmp_path)

    assert [series.claimed_role for series in study.series] == [Role.MULTI_ECHO] * 4
    assert all(series.stacks for series in study.series)


def test_a_dynamic_series_is_not_taken_for_echoes(tmp_path: Path) -> None:
    def number_in_time(dataset: Dataset) -> None:
        dataset.TemporalPositionIdentifier = dataset.EchoNumbers
        dataset.EchoTime = 1.2

    write_series(tmp_path)
    write_series(tmp_path, SeriesSpec(number=7, edit=number_in_time))

    assert read_study(tmp_path).series[1].not_read.startswith("single-echo")


def test_equal_echo_times_ask_for_the_true_ones(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(edit=setting(EchoTime=1.2, EchoNumbers=1)))

    with pytest.raises(UnsupportedAcquisition, match="--echo-times") as caught:
        read_study(tmp_path)

    assert caught.value.code == "echo-times-equal"


def test_given_echo_times_go_to_the_images_in_the_order_they_were_numbered(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(edit=setting(EchoTime=1.2, EchoNumbers=1)))

    (series,) = read_study(tmp_path, options=ReadOptions(echo_times_ms=ECHOES_MS)).series

    assert [stack.echo_time_ms for stack in series.stacks] == list(ECHOES_MS)
    for echo, stack in enumerate(series.stacks):
        np.testing.assert_array_equal(stack.volume.array, expected(echo))


def test_echo_times_that_fit_no_series_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path)

    with pytest.raises(UnsupportedAcquisition, match="names 3 echo times") as caught:
        read_study(tmp_path, options=ReadOptions(echo_times_ms=(1.0, 2.0, 3.0)))

    assert caught.value.code == "echo-times-do-not-fit"


def test_a_file_that_came_twice_is_used_once(tmp_path: Path) -> None:
    (first, *_) = write_series(tmp_path)
    shutil.copy(first, tmp_path / "again")

    study = read_study(tmp_path)

    assert "duplicate-instances" in codes(study)
    assert [file.reason for file in study.skipped] == [f"the same image as {first.name}"]
    np.testing.assert_array_equal(study.series[0].stacks[0].volume.array, expected(0))


def test_an_image_exported_twice_under_another_identifier_is_used_once(tmp_path: Path) -> None:
    (first, *_) = write_series(tmp_path)
    dataset = dcmread(first)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    dataset.InstanceNumber = 999
    dataset.save_as(tmp_path / "again")

    study = read_study(tmp_path)

    assert "duplicate-instances" in codes(study)
    assert len(study.series[0].stacks) == len(ECHOES_MS)


def test_two_different_images_under_one_identifier_are_refused(tmp_path: Path) -> None:
    (first, *_) = write_series(tmp_path)
    dataset = dcmread(first)
    dataset.PixelData = bytes(len(dataset.PixelData))
    dataset.save_as(tmp_path / "other")

    with pytest.raises(UnusableInput, match="claim the same place") as caught:
        read_study(tmp_path)

    assert caught.value.code == "conflicting-instances"


def test_one_different_image_at_a_taken_place_is_refused(tmp_path: Path) -> None:
    (first, *_) = write_series(tmp_path)
    dataset = dcmread(first)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    dataset.PixelData = bytes(len(dataset.PixelData))
    dataset.save_as(tmp_path / "other")

    with pytest.raises(UnusableInput, match="claim the same place"):
        read_study(tmp_path)


def test_a_slice_missing_in_one_echo_is_refused_by_name(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(skip=lambda place: place == Place(2, 1)))

    with pytest.raises(UnusableInput, match=r"echo at 2\.20 ms lacks slice 3 of 5") as caught:
        read_study(tmp_path)

    assert caught.value.code == "missing-slices"


def test_a_slice_missing_at_the_edge_of_one_echo_costs_that_slice(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(skip=lambda place: place == Place(4, 1)))

    study = read_study(tmp_path)

    assert codes(study) == {"slices-missing-at-edge"}
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
    assert codes(study) == {"missing-slices"}


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


def test_two_patients_in_one_folder_are_refused(tmp_path: Path) -> None:
    write_series(tmp_path)
    write_series(tmp_path, SeriesSpec(number=6, edit=setting(PatientID="P-2")))

    with pytest.raises(UnusableInput, match="different patients"):
        read_study(tmp_path)


def test_overlay_bits_above_those_stored_are_cleared(tmp_path: Path) -> None:
    def add_overlay(dataset: Dataset) -> None:
        values = np.frombuffer(dataset.PixelData, "<u2") & 0x0FFF
        dataset.BitsStored, dataset.HighBit = 12, 11
        dataset.PixelData = (values | 0x8000).tobytes()

    write_series(tmp_path, SeriesSpec(edit=add_overlay))

    (series,) = read_study(tmp_path).series

    np.testing.assert_array_equal(series.stacks[0].volume.array, expected(0))


def test_phase_of_a_single_echo_is_read_beside_echoes_of_its_grid(tmp_path: Path) -> None:
    write_series(tmp_path)
    write_series(
        tmp_path,
        SeriesSpec(number=6, echoes_ms=(2.2,), components=("P",), values=phase_values),
    )

    phase = read_study(tmp_path).series[1]

    assert [stack.component for stack in phase.stacks] == [Component.PHASE]


def test_a_sagittal_series_keeps_its_own_plane(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(orientation=(0.0, 1.0, 0.0, 0.0, 0.0, -1.0)))

    (series,) = read_study(tmp_path).series

    affine = series.stacks[0].volume.geometry.affine
    assert affine[:3, 0] == pytest.approx([0, -3, 0])
    assert affine[:3, 1] == pytest.approx([0, 0, -2])


def test_a_conflict_elsewhere_does_not_stop_the_scanners_maps(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(number=11, description="x_FF", echoes_ms=(1.2,)))
    (first, *_) = write_series(tmp_path, SeriesSpec(number=7, echoes_ms=(2.5,)))
    dataset = dcmread(first)
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    dataset.PixelData = bytes(len(dataset.PixelData))
    dataset.save_as(tmp_path / "other")

    study = read_study(tmp_path)

    assert codes(study) == {"conflicting-instances"}
    assert study.series[1].claimed_role is Role.PDFF_MAP


def test_philips_magnitudes_come_as_floating_point_signal(tmp_path: Path) -> None:
    def scale(dataset: Dataset) -> None:
        echo = int(dataset.EchoNumbers)
        dataset.RescaleSlope, dataset.RescaleIntercept = float(echo), 0.0
        block = dataset.private_block(0x2005, "Philips MR Imaging DD 001", create=True)
        block.add_new(0x0E, "FL", 0.5)

    write_series(tmp_path, SeriesSpec(manufacturer="Philips Medical Systems", edit=scale))

    (series,) = read_study(tmp_path).series

    # FP = PV * RS / (RS * SS): the display slope, which differs between echoes, cancels.
    for echo, stack in enumerate(series.stacks):
        np.testing.assert_allclose(stack.volume.array, expected(echo) / 0.5)


def test_ge_phase_is_found_by_its_private_tag_and_comes_in_radians(tmp_path: Path) -> None:
    def as_ge(dataset: Dataset) -> None:
        is_phase = dataset.ImageType[2] == "P"
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
        block = dataset.private_block(0x0043, "GEMS_PARM_01", create=True)
        block.add_new(0x2F, "SS", int(is_phase))
        if is_phase:
            values = np.frombuffer(dataset.PixelData, "<u2").astype(np.int32)
            signed = np.clip(values * 6284 // 4095 - 3142, -3142, 3142).astype("<i2")
            dataset.PixelData, dataset.PixelRepresentation = signed.tobytes(), 1

    spec = SeriesSpec(
        manufacturer="GE MEDICAL SYSTEMS",
        components=("M", "P"),
        values=phase_values,
        edit=as_ge,
    )
    write_series(tmp_path, spec)

    (series,) = read_study(tmp_path).series

    phases = [stack for stack in series.stacks if stack.component is Component.PHASE]
    assert len(phases) == len(ECHOES_MS)
    assert phases[0].phase_in_radians
    assert phases[0].volume.array.min() == pytest.approx(-3.142)
