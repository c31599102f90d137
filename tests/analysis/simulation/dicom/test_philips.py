from __future__ import annotations

import numpy as np

from tests.analysis.simulation.dicom.reading import (
    echo_images,
    echo_of,
    rescaled,
    slice_of,
)


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
