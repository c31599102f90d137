from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.simulation.dicom.reading import (
    echo_images,
    echo_of,
    echo_slice,
    ras_of_pixel,
    rescaled,
    slice_of,
)


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
        image = echo_slice(truth, dataset, oblique_study)
        np.testing.assert_allclose(rescaled(dataset).T * step, image, atol=0.51 * step)
        compared += 1
    assert compared == 6 * 3


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
