from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from analysis.errors import UnsupportedAcquisition
from analysis.ingest.options import ReadOptions
from analysis.ingest.study_reader import read_study
from analysis.study import Role
from tests.analysis.ingest.dicom_files import (
    ECHOES_MS,
    SeriesSpec,
    expected,
    setting,
    write_series,
)


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
