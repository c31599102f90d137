"""Read what a MONAI bundle says about itself: a declared subset, anything else is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis.errors import ModelError
from inference.recipes import MonaiIntensity, MonaiRecipe, MonaiScaling, Orientation

HARMLESS = ("LoadImaged", "EnsureChannelFirstd", "EnsureTyped", "CastToTyped", "ToTensord")
PATIENT_AXES = "RAS"
DEFAULT_OVERLAP = 0.25  # of SlidingWindowInferer
LINEAR = ("bilinear", 1, ["bilinear"], ("bilinear",))
Json = Mapping[str, Any]


def refuse(what: str, code: str) -> ModelError:
    """Return the error of a bundle that cannot be imported, ``what`` being the reason."""
    return ModelError(f"This MONAI bundle cannot be imported: {what}", code=code)


def resolved(value: Any, config: Json) -> Any:
    """Return a value with plain references (``@name``) to the configuration replaced.

    Raises
    ------
    ModelError
        If it is an expression, which is never run.
    """
    if isinstance(value, str) and value.startswith("$"):
        raise refuse(f"its configuration computes {value}; write the value.", "monai-expression")
    if isinstance(value, str) and value.startswith("@"):
        name = value[1:]
        if name not in config:
            raise refuse(f"its configuration refers to {name}, not there.", "monai-expression")
        return resolved(config[name], config)
    if isinstance(value, Mapping):
        return {key: resolved(part, config) for key, part in value.items()}
    if isinstance(value, list):
        return [resolved(part, config) for part in value]
    return value


def class_name(part: Json) -> str:
    """Return the class that a part of the configuration names, without its package."""
    return str(part["_target_"]).rpartition(".")[2]


def _options(part: Json, known: Sequence[str]) -> dict[str, Any]:
    """Return the options of a transform, and refuse those that would change its meaning."""
    options = {
        name: value
        for name, value in part.items()
        if name not in ("_target_", "keys", "dtype", "allow_missing_keys") and value is not None
    }
    strange = sorted(set(options) - set(known))
    if strange:
        raise refuse(
            f"its {class_name(part)} has the option {strange[0]}, which is not followed.",
            "monai-transform",
        )
    return options


def _range(part: Json) -> MonaiIntensity:
    options = _options(part, ("a_min", "a_max", "b_min", "b_max", "clip"))
    return MonaiIntensity(
        MonaiScaling.RANGE,
        low=float(options["a_min"]),
        high=float(options["a_max"]),
        bottom=float(options.get("b_min", 0.0)),
        top=float(options.get("b_max", 1.0)),
        clip=bool(options.get("clip", False)),
    )


def _extremes(part: Json) -> MonaiIntensity:
    options = _options(part, ("minv", "maxv", "channel_wise"))
    bottom, top = float(options.get("minv", 0.0)), float(options.get("maxv", 1.0))
    return MonaiIntensity(MonaiScaling.EXTREMES, bottom=bottom, top=top)


def _percentiles(part: Json) -> MonaiIntensity:
    options = _options(part, ("lower", "upper", "b_min", "b_max", "clip", "channel_wise"))
    return MonaiIntensity(
        MonaiScaling.PERCENTILES,
        low=float(options["lower"]),
        high=float(options["upper"]),
        bottom=float(options["b_min"]),
        top=float(options["b_max"]),
        clip=bool(options.get("clip", False)),
    )


def _z_score(part: Json) -> MonaiIntensity:
    options = _options(part, ("nonzero", "channel_wise"))
    return MonaiIntensity(MonaiScaling.Z_SCORE, nonzero=bool(options.get("nonzero", False)))


INTENSITIES: Mapping[str, Callable[[Json], MonaiIntensity]] = {
    "ScaleIntensityRanged": _range,
    "ScaleIntensityd": _extremes,
    "ScaleIntensityRangePercentilesd": _percentiles,
    "NormalizeIntensityd": _z_score,
}


def _spacing(part: Json) -> tuple[float, float, float]:
    options = _options(part, ("pixdim", "mode"))
    if options.get("mode", "bilinear") not in LINEAR:
        raise refuse("its Spacingd is not bilinear.", "monai-transform")
    x, y, z = (float(size) for size in options["pixdim"])
    return x, y, z


def _preparation(
    transforms: Sequence[Json],
) -> tuple[Orientation, tuple[float, float, float] | None, tuple[MonaiIntensity, ...]]:
    orientation, spacing = Orientation.STORED, None
    intensities: list[MonaiIntensity] = []
    for part in transforms:
        name = class_name(part)
        if name in HARMLESS:
            continue
        if name in INTENSITIES:
            intensities.append(INTENSITIES[name](part))
        elif intensities or name not in ("Orientationd", "Spacingd"):
            raise refuse(
                f"its preprocessing uses {name} in a way that is not followed. Known, in this "
                f"order: Orientationd, Spacingd, {', '.join(INTENSITIES)}.",
                "monai-transform",
            )
        elif name == "Spacingd":
            spacing = _spacing(part)
        elif (
            spacing is not None or _options(part, ("axcodes", "labels"))["axcodes"] != PATIENT_AXES
        ):
            raise refuse("Orientationd must give RAS and come first.", "monai-transform")
        else:
            orientation = Orientation.RAS
    return orientation, spacing, tuple(intensities)


def recipe_of_config(config: Json) -> MonaiRecipe:
    """Return how the bundle prepares an image and slides its window.

    Parameters
    ----------
    config
        Content of ``inference.json``.

    Raises
    ------
    ModelError
        If something in it cannot be followed.
    """
    inferer = resolved(config["inferer"], config)
    if class_name(inferer) != "SlidingWindowInferer":
        raise refuse(f"its inferer {class_name(inferer)} is not known.", "monai-inferer")
    mode = str(inferer.get("mode", "constant")).lower()
    if inferer.get("padding_mode", "constant") != "constant" or mode not in (
        "gaussian",
        "constant",
    ):
        raise refuse("its sliding window pads or blends in another way.", "monai-inferer")
    preprocessing = resolved(config["preprocessing"], config)
    orientation, spacing, intensities = _preparation(preprocessing["transforms"])
    x, y, z = (int(side) for side in inferer["roi_size"])
    return MonaiRecipe(
        orientation=orientation,
        spacing_mm=spacing,
        intensities=intensities,
        tile=(x, y, z),
        overlap=float(inferer.get("overlap", DEFAULT_OVERLAP)),
        gaussian=mode == "gaussian",
    )


def channel_names(metadata: Json) -> dict[int, str]:
    """Return the name of each output channel, background left out.

    Raises
    ------
    ModelError
        If the model takes several images, or its channels are not classes.
    """
    data = metadata["network_data_format"]
    (image,) = data["inputs"].values()
    if int(image["num_channels"]) != 1:
        raise refuse(
            "it needs several images of each patient at once; Lobule segments one.",
            "monai-channels",
        )
    (output,) = data["outputs"].values()
    names = {int(channel): str(name) for channel, name in output["channel_def"].items()}
    if sorted(names) != list(range(len(names))) or names.get(0, "").lower() != "background":
        raise refuse("its channels are not numbered from background.", "monai-labels")
    return {channel: name for channel, name in names.items() if channel > 0}
