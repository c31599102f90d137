"""Read what an nnU-Net v2 model says about itself, and refuse what Lobule cannot follow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.errors import ModelError
from inference.recipes import (
    Intensity,
    IntensityRule,
    NnunetRecipe,
    Orientation,
    ResizeRule,
)

INTENSITIES = {
    "ZScoreNormalization": Intensity.Z_SCORE,
    "CTNormalization": Intensity.CT,
    "RescaleTo01Normalization": Intensity.RESCALE,
    "NoNormalization": Intensity.NONE,
}
ORIENTATIONS = {
    "SimpleITKIO": Orientation.STORED,
    "NibabelIO": Orientation.STORED,
    "SimpleITKIOWithReorient": Orientation.RAS,
    "NibabelIOWithReorient": Orientation.RAS,
}
RESIZER = "resample_data_or_seg_to_shape"
FILE_AXES = (2, 1, 0)  # nnU-Net reads (k, j, i)
Json = Mapping[str, Any]


def refuse(what: str, code: str) -> ModelError:
    """Return the error of a model that cannot be imported, ``what`` being the reason."""
    return ModelError(f"This nnU-Net model cannot be imported: {what}", code=code)


def read_json(path: Path) -> dict[str, Any]:
    """Return a description file of a model.

    Raises
    ------
    ModelError
        If it is missing or is no JSON object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path.name} is missing in {path.parent.name} or cannot be read; give the folder "
            "that holds the trained model.",
            code="model-description-missing",
        ) from error
    if not isinstance(content, dict):
        raise ModelError(
            f"{path.name} is not a description of a model.", code="model-description-missing"
        )
    return content


def configuration_of(plans: Json, name: str) -> dict[str, Any]:
    """Return one configuration of the plans with what it inherits.

    Raises
    ------
    ModelError
        If it is not there, or is of a kind that cannot be followed.
    """
    merged: dict[str, Any] = {}
    seen: set[str] = set()
    current = name
    while current:
        if current in seen or current not in plans["configurations"]:
            raise refuse(f"its plans hold no configuration {current}.", "nnunet-configuration")
        seen.add(current)
        stated = plans["configurations"][current]
        merged = {**stated, **merged}
        current = stated.get("inherits_from", "")
    if len(merged["patch_size"]) != 3:
        raise refuse("it works slice by slice (2d); train 3d_fullres.", "nnunet-configuration")
    if merged.get("previous_stage"):
        raise refuse(
            "it is the second stage of a cascade; give 3d_fullres or 3d_lowres.",
            "nnunet-configuration",
        )
    if merged.get("preprocessor_name", "DefaultPreprocessor") != "DefaultPreprocessor":
        raise refuse(
            f"its preprocessor {merged['preprocessor_name']} is not nnU-Net's own.",
            "nnunet-preprocessor",
        )
    return merged


def _intensity(plans: Json, configuration: Json) -> IntensityRule:
    (scheme,) = configuration["normalization_schemes"]
    if scheme not in INTENSITIES:
        raise refuse(f"its normalisation {scheme} is not known.", "nnunet-normalisation")
    kind = INTENSITIES[scheme]
    if kind is not Intensity.CT:
        return IntensityRule(kind, masked=bool(configuration["use_mask_for_norm"][0]))
    older = plans.get("foreground_intensity_properties_by_modality")
    known = plans.get("foreground_intensity_properties_per_channel", older)["0"]
    return IntensityRule(
        kind,
        mean=float(known["mean"]),
        deviation=float(known["std"]),
        lower=float(known["percentile_00_5"]),
        upper=float(known["percentile_99_5"]),
    )


def _resize(configuration: Json, what: str) -> ResizeRule:
    name, options = (
        configuration[f"resampling_fn_{what}"],
        dict(configuration[f"resampling_fn_{what}_kwargs"]),
    )
    is_labels = options.pop("is_seg", False)
    rule = {
        "order": options.pop("order", 3),
        "order_apart": options.pop("order_z", 0),
        "apart": options.pop("force_separate_z", False),
    }
    if name != RESIZER or is_labels or options:
        raise refuse(f"its resampling {name} is not known.", "nnunet-resampling")
    return ResizeRule(**rule)


def recipe_of_plans(
    plans: Json, configuration: Json, orientation: Orientation | None = None
) -> NnunetRecipe:
    """Return how the model's own predictor would prepare an image.

    Parameters
    ----------
    plans, configuration
        Content of ``plans.json``, and one of its configurations with what it inherits.
    orientation
        In place of that of the plans' reader, when the training images were turned beforehand.

    Raises
    ------
    ModelError
        If something in it cannot be followed.
    """
    if len(configuration["normalization_schemes"]) != 1:
        raise refuse(
            "it needs several images of each patient at once; Lobule segments one.",
            "nnunet-channels",
        )
    reader = plans["image_reader_writer"]
    if reader not in ORIENTATIONS:
        raise refuse(f"its image reader {reader} is not known.", "nnunet-reader")
    first, second, third = (FILE_AXES[axis] for axis in plans["transpose_forward"])
    z, y, x = (float(size) for size in configuration["spacing"])
    tile_z, tile_y, tile_x = (int(size) for size in configuration["patch_size"])
    return NnunetRecipe(
        orientation=orientation or ORIENTATIONS[reader],
        axes=(first, second, third),
        spacing_mm=(z, y, x),
        tile=(tile_z, tile_y, tile_x),
        intensity=_intensity(plans, configuration),
        image_resize=_resize(configuration, "data"),
        logit_resize=_resize(configuration, "probabilities"),
    )


def channel_names(dataset: Json) -> dict[int, str]:
    """Return the label name of each output channel, background left out.

    Raises
    ------
    ModelError
        If labels overlap (regions) or are not numbered without gaps.
    """
    values: dict[str, int] = {}
    for name, value in dataset["labels"].items():
        parts = value if isinstance(value, list) else [value]
        if len(parts) != 1:
            raise refuse(
                f"its label {name} is a region of several labels; train with plain labels.",
                "nnunet-regions",
            )
        if name != "ignore":
            values[name] = int(parts[0])
    if sorted(values.values()) != list(range(len(values))) or values.get("background") != 0:
        raise refuse("its labels are not numbered 0, 1, 2, ... from background.", "nnunet-labels")
    return {value: name for name, value in values.items() if value > 0}
