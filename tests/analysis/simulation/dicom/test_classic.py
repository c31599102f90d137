"""Read classic files back with pydicom alone and compare with what was simulated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from analysis.simulation.dicom.writer import DicomOptions, write_dicom

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0])


def echo_images(study, folder: Path, vendor: str, **choices) -> Iterator[Dataset]:
    options = DicomOptions(vendor, has_localizer=False, **choices)
    for path in write_dicom(study, folder, options=options):
        yield pydicom.dcmread(path)


def ras_of_pixel(dataset: Dataset, column: int, row: int) -> np.ndarray:
    """DICOM PS3.3 equation C.7.6.2.1-1, then LPS to RAS."""
    orientation = np.array(dataset.ImageOrientationPatient, dtype=float)
    row_mm, column_mm = (float(value) for value in dataset.PixelSpacing)
    along = orientation[:3] * column_mm * column + orientation[3:] * row_mm * row
    return LPS_TO_RAS @ (np.array(dataset.ImagePositionPatient, dtype=float) + along)


def slice_of(dataset: Dataset, study) -> int:
    first = LPS_TO_RAS @ np.array(dataset.ImagePositionPatient, dtype=float)
    index = np.linalg.inv(study.echoes.geometry.affine) @ [*first, 1.0]
    assert index[:2] == pytest.approx([0, 0], abs=1e-4)
    assert index[2] == pytest.approx(round(index[2]), abs=1e-4)
    return round(index[2])


def echo_of(dataset: Dataset, study) -> int:
    return study.spec.protocol.echo_times_ms.index(float(dataset.EchoTime))


def rescaled(dataset: Dataset) -> np.ndarray:
    slope, intercept = dataset.get("RescaleSlope", 1), dataset.get("RescaleIntercept", 0)
    return dataset.pixel_array.astype(float) * float(slope) + float(intercept)


@pytest.mark.parametrize("vendor", ["siemens", "ge", "philips", "canon"])
def test_every_voxel_lies_where_it_was_simulated(vendor, oblique_study, tmp_path):
    affine = oblique_study.echoes.geometry.affine
    for dataset in echo_images(oblique_study, tmp_path, vendor):
        k = slice_of(dataset, oblique_study)
        for i, j in ((0, 0), (39, 31), (7, 20)):
            expected = (affine @ [i, j, k, 1])[:3]
            assert ras_of_pixel(dataset, i, j) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(("vendor", "steps"), [("siemens", 3600), ("ge", 12000), ("canon", 20000)])
def test_magnitude_comes_back_within_half_a_step(vendor, steps, oblique_study, tmp_path):
    truth = oblique_study.echoes.magnitude
    step = truth.max() / steps
    compared = 0
    for dataset in echo_images(oblique_study, tmp_path, vendor, has_phase=False):
        image = truth[echo_of(dataset, oblique_study), :, :, slice_of(dataset, oblique_study)]
        np.testing.assert_allclose(rescaled(dataset).T * step, image, atol=0.51 * step)
        compared += 1
    assert compared == 6 * 3


def test_siemens_phase_comes_back_within_half_a_step(oblique_study, tmp_path):
    step = 2 / 4096 * np.pi
    compared = 0
    for dataset in echo_images(oblique_study, tmp_path, "siemens"):
        if dataset.ImageType[2] != "P":
            continue
        values = rescaled(dataset)
        assert values.min() >= -4096
        assert values.max() <= 4094
        image = oblique_study.echoes.phase_rad[
            echo_of(dataset, oblique_study), :, :, slice_of(dataset, oblique_study)
        ]
        turn = np.exp(1j * (values.T * np.pi / 4096 - image))
        assert np.abs(np.angle(turn)).max() <= 0.51 * step
        compared += 1
    assert compared == 6 * 3


def test_ge_components_are_told_apart_by_the_private_tag(oblique_study, tmp_path):
    found: dict[tuple[int, int, int], np.ndarray] = {}
    for dataset in echo_images(oblique_study, tmp_path, "ge", has_real_imaginary=True):
        place = echo_of(dataset, oblique_study), slice_of(dataset, oblique_study)
        found[(int(dataset[0x0043, 0x102F].value), *place)] = dataset.pixel_array.T.astype(float)
    assert {key[0] for key in found} == {0, 2, 3}
    scale = oblique_study.echoes.magnitude.max() / 12000
    signal = (found[2, 3, 2] + 1j * found[3, 3, 2]) * scale
    echoes = oblique_study.echoes
    expected = (echoes.magnitude[3] * np.exp(1j * echoes.phase_rad[3]))[:, :, 2]
    np.testing.assert_allclose(signal, expected, atol=0.8 * scale)
    np.testing.assert_allclose(np.abs(signal), found[0, 3, 2] * scale, atol=1.5 * scale)


def test_ge_phase_is_in_thousandths_of_a_radian(oblique_study, tmp_path):
    for dataset in echo_images(oblique_study, tmp_path, "ge"):
        if dataset[0x0043, 0x102F].value != 1:
            continue
        image = oblique_study.echoes.phase_rad[
            echo_of(dataset, oblique_study), :, :, slice_of(dataset, oblique_study)
        ]
        np.testing.assert_allclose(dataset.pixel_array.T / 1000, image, atol=0.00051)


def test_only_the_private_scale_slope_makes_philips_echoes_comparable(oblique_study, tmp_path):
    slopes = set()
    for dataset in echo_images(oblique_study, tmp_path, "philips"):
        echo = echo_of(dataset, oblique_study)
        index = slice_of(dataset, oblique_study)
        scale_slope = float(dataset[0x2005, 0x100E].value)
        precise = (rescaled(dataset) / (float(dataset.RescaleSlope) * scale_slope)).T
        if dataset.ImageType[2] == "M_FFE":
            slopes.add((float(dataset.RescaleSlope), scale_slope))
            image = oblique_study.echoes.magnitude[echo, :, :, index]
            np.testing.assert_allclose(precise, image, atol=0.51 / scale_slope)
        else:
            image = oblique_study.echoes.phase_rad[echo, :, :, index]
            assert dataset.RescaleType == "mrad"
            np.testing.assert_allclose(rescaled(dataset).T / 1000, image, atol=0.0009)
            np.testing.assert_allclose(precise, image, atol=0.0009)
    assert len({slope for slope, _ in slopes}) == 6
    assert len({scale for _, scale in slopes}) == 6


def test_siemens_header_says_3_tesla_but_the_frequency_tells_the_truth(oblique_study, tmp_path):
    dataset = next(echo_images(oblique_study, tmp_path, "siemens"))
    assert float(dataset.MagneticFieldStrength) == 3.0
    assert float(dataset.ImagingFrequency) == pytest.approx(123.2)


def test_siemens_echoes_repeat_their_instance_numbers_in_one_series(oblique_study, tmp_path):
    seen: dict[tuple[str, int], set[float]] = {}
    for dataset in echo_images(oblique_study, tmp_path, "siemens"):
        key = dataset.SeriesInstanceUID, int(dataset.InstanceNumber)
        seen.setdefault(key, set()).add(float(dataset.EchoTime))
    assert len({series for series, _ in seen}) == 2
    assert set(map(len, seen.values())) == {6}


@pytest.mark.parametrize("vendor", ["ge", "philips", "canon"])
def test_other_vendors_number_the_images_of_their_one_series(vendor, oblique_study, tmp_path):
    datasets = list(echo_images(oblique_study, tmp_path, vendor))
    assert len({dataset.SeriesInstanceUID for dataset in datasets}) == 1
    assert [int(dataset.InstanceNumber) for dataset in datasets] == list(
        range(1, len(datasets) + 1)
    )


def test_header_carries_the_protocol(oblique_study, tmp_path):
    protocol = oblique_study.spec.protocol
    for dataset in echo_images(oblique_study, tmp_path, "ge"):
        assert float(dataset.RepetitionTime) == protocol.repetition_time_ms
        assert float(dataset.FlipAngle) == protocol.flip_angle_deg
        assert int(dataset.EchoNumbers) == echo_of(dataset, oblique_study) + 1
        assert float(dataset.SliceThickness) == 45.0


@pytest.mark.parametrize(
    ("vendor", "number", "unit"),
    [("siemens", 11, 0.1), ("ge", 200, 1.0), ("philips", 401, 1.0), ("canon", 2001, 1.0)],
)
def test_vendor_pdff_maps_come_back_in_per_cent(vendor, number, unit, oblique_study, tmp_path):
    truth = oblique_study.truth
    errors = []
    for dataset in echo_images(oblique_study, tmp_path, vendor, has_vendor_maps=True):
        if int(dataset.SeriesNumber) != number:
            continue
        index = slice_of(dataset, oblique_study)
        liver = truth.segments.liver[:, :, index]
        values = rescaled(dataset).T[liver] * unit
        errors.append(values - truth.pdff.volume.array[:, :, index][liver])
    every = np.concatenate(errors)
    assert abs(every.mean()) < 0.2
    assert every.std() == pytest.approx(1.5, rel=0.15)


def test_philips_gives_t2star_and_the_others_r2star(oblique_study, tmp_path):
    truth = oblique_study.truth
    for vendor, number in (("philips", 402), ("siemens", 12), ("ge", 201), ("canon", 2002)):
        folder = tmp_path / vendor
        chosen = [
            dataset
            for dataset in echo_images(oblique_study, folder, vendor, has_vendor_maps=True)
            if int(dataset.SeriesNumber) == number
        ]
        assert len(chosen) == 3
        for dataset in chosen:
            index = slice_of(dataset, oblique_study)
            liver = truth.segments.liver[:, :, index]
            if not liver.any():
                continue
            values = rescaled(dataset).T[liver]
            rates = 1000 / values if vendor == "philips" else values
            expected = truth.r2star.volume.array[:, :, index][liver]
            assert np.median(rates) == pytest.approx(np.median(expected), rel=0.06)
