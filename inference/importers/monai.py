"""Import a MONAI bundle whose network and transforms are in the declared subset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from analysis.errors import ModelError
from inference.importers.installation import ForeignModel
from inference.importers.label_names import segment_channels
from inference.importers.monai_config import (
    Json,
    channel_names,
    class_name,
    recipe_of_config,
    refuse,
    resolved,
)
from inference.importers.nnunet_plans import read_json
from inference.importers.weights import load_weights, read_checkpoint

try:
    from monai.networks import nets

    _NETS: ModuleType | None = nets
except ImportError:  # needed for importing only; see README
    _NETS = None

NETWORKS = ("UNet", "SegResNet", "DynUNet")
WEIGHTS = Path("models/model.pt")
WRAPPERS = ("state_dict", "model", "model_state_dict")


def _build(config: Json, classes: int) -> torch.nn.Module:
    if _NETS is None:
        raise ModelError(
            "Importing MONAI bundles needs a further package; install it with "
            "`pip install --no-deps -r inference/importers/requirements.txt`.",
            code="importer-missing",
        )
    stated = config.get("network_def", config.get("network"))
    if not isinstance(stated, Mapping):
        raise refuse("inference.json holds no network_def.", "monai-network")
    described = resolved(stated, config)
    name = class_name(described)
    if name not in NETWORKS:
        raise refuse(
            f"its network {name} is not known; known are {', '.join(NETWORKS)}.", "monai-network"
        )
    arguments = {key: value for key, value in described.items() if not key.startswith("_")}
    if (arguments.get("in_channels"), arguments.get("out_channels")) != (1, classes):
        raise refuse("its network and its metadata name other channels.", "monai-network")
    network: torch.nn.Module = getattr(_NETS, name)(**arguments)
    return network


def _state(checkpoint: dict[str, Any]) -> dict[str, Any]:
    for wrapper in WRAPPERS:
        if isinstance(checkpoint.get(wrapper), dict):
            return dict(checkpoint[wrapper])
    return checkpoint


def _described(folder: Path, checkpoint: dict[str, Any]) -> ForeignModel:
    config = read_json(folder / "configs" / "inference.json")
    metadata = read_json(folder / "configs" / "metadata.json")
    names = channel_names(metadata)
    labels = segment_channels(names)
    recipe = recipe_of_config(config)
    network = _build(config, len(names) + 1)
    load_weights(network, _state(checkpoint))
    return ForeignModel(
        network=network,
        tile=recipe.tile,
        recipe=recipe,
        labels=labels,
        origin={
            "format": "MONAI bundle",
            "name": metadata.get("name", ""),
            "version": metadata.get("version", ""),
            "copyright": metadata.get("copyright", ""),
            "labels": {str(channel): name for channel, name in names.items()},
        },
    )


def read_monai(folder: Path, *, trust: bool = False) -> ForeignModel:
    """Read a MONAI bundle: UNet, SegResNet or DynUNet, one image in, background and segments out.

    Parameters
    ----------
    folder
        Holds ``configs/metadata.json``, ``configs/inference.json`` and ``models/model.pt``.
    trust
        Read a checkpoint that holds more than numbers; see ``read_checkpoint``.

    Raises
    ------
    ModelError
        If something is missing, damaged or not in the declared subset.
    """
    checkpoint = read_checkpoint(folder / WEIGHTS, trust=trust)
    try:
        return _described(folder, checkpoint)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise refuse(f"its description is incomplete ({error}).", "monai-incomplete") from error
