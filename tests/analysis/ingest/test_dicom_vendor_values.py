from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from analysis.ingest.study_reader import read_study
from analysis.study import Component, Role
from tests.analysis.ingest.dicom_files import (
    ECHOES_MS,
    SeriesSpec,
    expected,
    phase_values,
    setting,
    write_series,
)


def test_siemens_phase_comes_in_radians(tmp_path: Path) -> None:
    write_series(tmp_path, SeriesSpec(components=("M", "P"), values=phase_values))

    (series,) = read_study(tmp_path).series

    phases = [stack for stack in series.stacks if stack.component is Component.PHASE]
    assert len(phases) == len(ECHOES_MS)
    assert all(stack.phase_in_radians for stack in phases)
    lowest = phases[0].volume.array[0, 0, 0]
    assert lowest == pytest.approx(-np.pi)


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
