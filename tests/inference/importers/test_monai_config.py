from __future__ import annotations

from typing import Any

import pytest

from analysis.errors import ModelError
from inference.importers.monai_config import channel_names, recipe_of_config
from inference.recipes import (
    MonaiIntensity,
    MonaiRecipe,
    MonaiScaling,
    Orientation,
    recipe_card,
    recipe_of,
)
from tests.inference.importers.conftest import monai_config, monai_metadata

TRANSFORMS: dict[str, dict[str, Any]] = {
    "range": {"_target_": "ScaleIntensityRanged", "a_min": -50, "a_max": 150, "b_min": 0,
              "b_max": 1, "clip": True},
    "extremes": {"_target_": "ScaleIntensityd", "minv": -1.0, "maxv": 1.0},
    "percentiles": {"_target_": "ScaleIntensityRangePercentilesd", "lower": 1, "upper": 99,
                    "b_min": 0, "b_max": 1, "clip": True},
    "z-score": {"_target_": "NormalizeIntensityd", "channel_wise": True},
}  # fmt: skip


def recipe_after(*transforms: dict[str, Any]) -> MonaiRecipe:
    config = monai_config()
    config["preprocessing"]["transforms"] = list(transforms)
    return recipe_of_config(config)


def test_a_configuration_becomes_a_recipe_that_survives_its_card() -> None:
    recipe = recipe_of_config(monai_config())
    assert recipe == MonaiRecipe(
        orientation=Orientation.RAS,
        spacing_mm=(4.0, 4.0, 5.0),
        intensities=(MonaiIntensity(MonaiScaling.Z_SCORE, nonzero=True),),
        tile=(16, 16, 16),
        overlap=0.25,
        gaussian=True,
    )
    assert recipe_of({"recipe": recipe_card(recipe)}) == recipe


@pytest.mark.parametrize("kind", list(TRANSFORMS))
def test_each_known_scaling_is_read(kind: str) -> None:
    (rule,) = recipe_after(TRANSFORMS[kind]).intensities
    assert rule.kind == kind


@pytest.mark.parametrize(
    ("transforms", "reason"),
    [
        ([{"_target_": "CropForegroundd"}], "CropForegroundd"),
        ([{"_target_": "Orientationd", "axcodes": "LPS"}], "must give RAS"),
        ([{"_target_": "Spacingd", "pixdim": [1, 1, 1], "mode": "nearest"}], "not bilinear"),
        ([{"_target_": "Spacingd", "pixdim": [1, 1, 1], "diagonal": True}], "option diagonal"),
        ([TRANSFORMS["range"], {"_target_": "Spacingd", "pixdim": [1, 1, 1]}], "Spacingd in a way"),
        ([{**TRANSFORMS["percentiles"], "relative": True}], "option relative"),
        ([{"_target_": "Spacingd", "pixdim": "$[1] * 3"}], "computes"),
        ([{"_target_": "Spacingd", "pixdim": "@gone"}], "refers to gone"),
    ],
)
def test_what_cannot_be_followed_is_refused(transforms: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(ModelError, match=f"bundle cannot be imported: .*{reason}"):
        recipe_after(*transforms)


@pytest.mark.parametrize(
    "change",
    [{"_target_": "SimpleInferer"}, {"padding_mode": "reflect"}, {"mode": "other"}],
)
def test_another_inferer_is_refused(change: dict[str, str]) -> None:
    config = monai_config()
    config["inferer"].update(change)
    with pytest.raises(ModelError, match="cannot be imported"):
        recipe_of_config(config)


def test_channels_are_named_by_the_metadata_and_several_images_are_refused() -> None:
    metadata = monai_metadata()
    assert channel_names(metadata)[8] == "liver segment 8"
    metadata["network_data_format"]["inputs"]["image"]["num_channels"] = 4
    with pytest.raises(ModelError, match="several images"):
        channel_names(metadata)
