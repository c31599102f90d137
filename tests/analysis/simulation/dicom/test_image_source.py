from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.simulation.dicom.image_source import ImageSource
from analysis.simulation.dicom.vendor import Image
from analysis.study import Component, MultiEcho, Role


def test_real_and_imaginary_rebuild_magnitude_and_phase(small_study):
    source = ImageSource(small_study)
    real, imaginary = (
        source.values(Image(component, Role.MULTI_ECHO, 2, 8))
        for component in (Component.REAL, Component.IMAGINARY)
    )
    np.testing.assert_allclose(
        np.hypot(real, imaginary).T, small_study.echoes.magnitude[2, :, :, 8], rtol=1e-5, atol=1e-9
    )


def test_phase_that_is_not_there_cannot_be_written(small_study):
    echoes = small_study.echoes
    bare = MultiEcho(echoes.magnitude, None, echoes.echo_times_ms, echoes.geometry)
    source = ImageSource(replace(small_study, echoes=bare))
    with pytest.raises(ValueError, match="no phase"):
        source.values(Image(Component.PHASE, Role.MULTI_ECHO, 0, 0))


def test_a_map_that_was_not_computed_cannot_be_written(small_study):
    with pytest.raises(ValueError, match="no scanner maps"):
        ImageSource(small_study).values(Image(Component.MAGNITUDE, Role.PDFF_MAP, 0, 0))
