from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.simulation.dicom.reading import (
    echo_images,
    echo_slice,
    rescaled,
)


def test_siemens_phase_comes_back_within_half_a_step(oblique_study, tmp_path):
    step = 2 / 4096 * np.pi
    compared = 0
    for dataset in echo_images(oblique_study, tmp_path, "siemens"):
        if dataset.ImageType[2] != "P":
            continue
        values = rescaled(dataset)
        assert values.min() >= -4096
        assert values.max() <= 4094
        image = echo_slice(oblique_study.echoes.phase_rad, dataset, oblique_study)
        turn = np.exp(1j * (values.T * np.pi / 4096 - image))
        assert np.abs(np.angle(turn)).max() <= 0.51 * step
        compared += 1
    assert compared == 6 * 3


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
