from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from analysis.errors import ModelError
from inference.importers.nnunet_plans import channel_names, configuration_of, recipe_of_plans
from inference.recipes import (
    Intensity,
    IntensityRule,
    NnunetRecipe,
    Orientation,
    ResizeRule,
    recipe_card,
    recipe_of,
)
from tests.inference.importers.conftest import LABELS, plans

Change = Callable[[dict[str, Any]], None]


def recipe_with(change: Change) -> NnunetRecipe:
    plan = plans()
    change(plan)
    return recipe_of_plans(plan, configuration_of(plan, "3d_fullres"))


def full(plan: dict[str, Any]) -> dict[str, Any]:
    configuration: dict[str, Any] = plan["configurations"]["3d_fullres"]
    return configuration


def test_plans_become_the_recipe_of_nnunets_own_predictor() -> None:
    recipe = recipe_with(lambda plan: plan.update(transpose_forward=[1, 0, 2]))
    assert recipe == NnunetRecipe(
        orientation=Orientation.STORED,
        axes=(1, 2, 0),
        spacing_mm=(4.0, 4.0, 4.0),
        tile=(8, 8, 8),
        intensity=IntensityRule(Intensity.Z_SCORE),
        image_resize=ResizeRule(3),
        logit_resize=ResizeRule(1),
    )


def test_a_recipe_survives_its_card() -> None:
    recipe = recipe_with(lambda plan: plan.update(image_reader_writer="NibabelIOWithReorient"))
    assert recipe.orientation is Orientation.RAS
    assert recipe_of({"recipe": recipe_card(recipe)}) == recipe


def test_ct_numbers_take_the_training_sets_statistics() -> None:
    def change(plan: dict[str, Any]) -> None:
        full(plan)["normalization_schemes"] = ["CTNormalization"]
        known = {"mean": 99.5, "std": 37.0, "percentile_00_5": -41.0, "percentile_99_5": 176.0}
        plan["foreground_intensity_properties_per_channel"] = {"0": known}

    expected = IntensityRule(Intensity.CT, mean=99.5, deviation=37.0, lower=-41.0, upper=176.0)
    assert recipe_with(change).intensity == expected


def test_a_configuration_inherits_what_it_does_not_state() -> None:
    plan = plans()
    plan["configurations"]["mine"] = {"inherits_from": "3d_fullres", "patch_size": [16, 16, 16]}
    configuration = configuration_of(plan, "mine")
    assert configuration["patch_size"] == [16, 16, 16]
    assert configuration["spacing"] == [4.0, 4.0, 4.0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda p: full(p).update(patch_size=[32, 32]), "slice by slice"),
        (lambda p: full(p).update(previous_stage="3d_lowres"), "cascade"),
        (lambda p: full(p).update(preprocessor_name="Mine"), "preprocessor Mine"),
        (lambda p: full(p).update(normalization_schemes=["RGBTo01Normalization"]), "RGBTo01"),
        (lambda p: full(p).update(normalization_schemes=["A", "B"]), "several images"),
        (lambda p: full(p).update(resampling_fn_data="no_resampling_hack"), "no_resampling_hack"),
        (lambda p: full(p)["resampling_fn_data_kwargs"].update(device="cpu"), "resampling"),
        (lambda p: p.update(image_reader_writer="NaturalImage2DIO"), "NaturalImage2DIO"),
        (lambda p: full(p).update(inherits_from="3d_fullres"), "configuration 3d_fullres"),
    ],
)
def test_what_cannot_be_followed_is_refused_with_the_reason(change: Change, reason: str) -> None:
    with pytest.raises(ModelError, match=f"cannot be imported: .*{reason}"):
        recipe_with(change)


def test_labels_become_channels_without_background_and_ignore() -> None:
    names = channel_names({"labels": {**LABELS, "ignore": 9}})
    assert names == {n: f"liver_segment_{n}" for n in range(1, 9)}


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        ({**LABELS, "right lobe": [5, 6, 7, 8]}, "right lobe is a region"),
        ({"background": 0, "liver": 2}, "not numbered"),
        ({"liver": 0}, "not numbered"),
    ],
)
def test_regions_and_gaps_are_refused(labels: dict[str, Any], reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        channel_names({"labels": labels})
