from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import ModelError
from analysis.quantities import MR_SIGNAL
from analysis.simulation.phantom import simulate, small_phantom
from analysis.study import (
    Acquisition,
    Role,
    SelectedSeries,
    StudyDescription,
    VendorMap,
)
from analysis.volume import Geometry, Volume
from inference.catalogue import MODELS_FOLDER, ModelSpec
from portal.runs.stage import AnalyseOptions, StageJob
from portal.runs.stage_functions import companions_of, segment
from tests.inference.conftest import block_liver, models_root, spec

__all__ = ["models_root", "spec"]  # fixtures


@pytest.fixture(scope="module")
def selected() -> SelectedSeries:
    echoes = simulate(small_phantom(seed=1)).echoes
    first = Volume(echoes.magnitude[0], echoes.geometry, MR_SIGNAL)
    study = StudyDescription("1.2.3")
    return SelectedSeries(study, Acquisition(), echoes, (), first, (), ())


def scanner_image(role: Role, like: Volume, factor: float = 1.0) -> VendorMap:
    volume = Volume(like.array * np.float32(factor), like.geometry, MR_SIGNAL)
    return VendorMap(volume, role, None, "1.2.3.4")


def test_the_other_echoes_go_along_with_the_first(selected: SelectedSeries) -> None:
    found = companions_of(selected)
    assert selected.echoes is not None
    assert len(found) == selected.echoes.echo_times_ms.size - 1
    for companion, echo in zip(found, selected.echoes.magnitude[1:], strict=True):
        assert np.array_equal(companion.array, echo)


def test_water_and_fat_go_along_but_never_a_fat_fraction(selected: SelectedSeries) -> None:
    image = selected.anatomical_image
    maps = (
        scanner_image(Role.WATER, image),
        scanner_image(Role.FAT, image, 0.2),
        scanner_image(Role.PDFF_MAP, image, 0.1),
        scanner_image(Role.R2STAR_MAP, image, 0.3),
    )
    found = companions_of(replace(selected, echoes=None, vendor_maps=maps))
    assert [np.array_equal(one.array, maps[1].volume.array) for one in found] == [True]


def test_images_on_another_grid_stay_behind(selected: SelectedSeries) -> None:
    image = selected.anatomical_image
    moved = image.geometry.affine.copy()
    moved[:3, 3] += 5
    elsewhere = Volume(image.array, Geometry(image.geometry.shape, moved), MR_SIGNAL)
    assert companions_of(replace(selected, anatomical_image=elsewhere)) == ()


def job(models_root: Path, model: str) -> StageJob:
    options = AnalyseOptions(device="cpu", model=model)
    return StageJob(Path("/nonexistent"), Path("/nonexistent"), options, models=(models_root,))


def test_a_run_is_segmented_with_the_model_that_it_names(
    selected: SelectedSeries, models_root: Path, spec: ModelSpec
) -> None:
    liver = replace(selected, echoes=None, anatomical_image=block_liver())
    (used,) = segment(job(models_root, "levels:1.0.0"), liver).models
    assert (used.name, used.version, used.sha256) == ("levels", "1.0.0", spec.sha256)


def test_a_model_that_is_gone_stops_the_run_by_name(
    selected: SelectedSeries, models_root: Path
) -> None:
    with pytest.raises(ModelError, match=r"levels 2\.0\.0 is not installed") as caught:
        segment(job(models_root, "levels:2.0.0"), selected)
    assert caught.value.code == "model-missing"
    assert not (MODELS_FOLDER / "levels").exists()
