from __future__ import annotations

import numpy as np
import pytest

from tests.analysis.simulation.dicom.reading import (
    echo_images,
    rescaled,
    slice_of,
)


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
