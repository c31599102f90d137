from __future__ import annotations

import numpy as np

from tests.analysis.simulation.dicom.reading import (
    echo_images,
    echo_of,
    echo_slice,
    slice_of,
)


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
        image = echo_slice(oblique_study.echoes.phase_rad, dataset, oblique_study)
        np.testing.assert_allclose(dataset.pixel_array.T / 1000, image, atol=0.00051)
