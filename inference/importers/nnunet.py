"""Import a trained-model folder of nnU-Net version 2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from analysis.errors import ModelError
from inference.importers.installation import ForeignModel
from inference.importers.label_names import segment_channels
from inference.importers.nnunet_network import build_network
from inference.importers.nnunet_plans import (
    channel_names,
    configuration_of,
    read_json,
    recipe_of_plans,
    refuse,
)
from inference.importers.onnx_file import MeanOf
from inference.importers.weights import load_weights, read_checkpoint
from inference.recipes import Orientation

CHECKPOINT = "checkpoint_final.pth"


def fold_folders(folder: Path) -> tuple[Path, ...]:
    """Return the trained folds of a model: all numbered ones, else ``fold_all``.

    Raises
    ------
    ModelError
        If none holds a final checkpoint.
    """
    trained = sorted(path.parent for path in folder.glob(f"fold_*/{CHECKPOINT}"))
    numbered = tuple(fold for fold in trained if fold.name != "fold_all")
    folds = numbered or tuple(trained)
    if not folds:
        raise ModelError(
            f"No fold_*/{CHECKPOINT} is in {folder.name}; give the folder that holds plans.json, "
            "dataset.json and the folds, after training has ended.",
            code="model-checkpoint-missing",
        )
    return folds


def _network(
    checkpoints: Sequence[dict[str, Any]], configuration: dict[str, Any], classes: int
) -> torch.nn.Module:
    networks = []
    for checkpoint in checkpoints:
        network = build_network(configuration, classes)
        load_weights(network, checkpoint["network_weights"])
        networks.append(network)
    return networks[0] if len(networks) == 1 else MeanOf(networks)


def _trained_mirrors(checkpoints: Sequence[dict[str, Any]]) -> tuple[int, ...]:
    """Return the axes along which every fold was trained on mirror images."""
    axes = [set(one.get("inference_allowed_mirroring_axes") or ()) for one in checkpoints]
    return tuple(sorted(int(axis) for axis in set.intersection(*axes)))


def _described(
    folder: Path,
    checkpoints: Sequence[dict[str, Any]],
    orientation: Orientation | None,
    mirror: bool,
) -> ForeignModel:
    plans, dataset = read_json(folder / "plans.json"), read_json(folder / "dataset.json")
    name = checkpoints[0]["init_args"]["configuration"]
    configuration = configuration_of(plans, name)
    recipe = recipe_of_plans(plans, configuration, orientation)
    if mirror:
        recipe = replace(recipe, mirror_axes=_trained_mirrors(checkpoints))
    names = channel_names(dataset)
    labels = segment_channels(names)
    return ForeignModel(
        network=_network(checkpoints, configuration, len(names) + 1),
        tile=recipe.tile,
        recipe=recipe,
        labels=labels,
        origin={
            "format": "nnU-Net v2",
            "dataset": plans.get("dataset_name", ""),
            "plans": plans.get("plans_name", ""),
            "configuration": name,
            "trainer": checkpoints[0].get("trainer_name", ""),
            "folds": len(checkpoints),
            "labels": {str(value): label for value, label in names.items()},
            "channel": dataset.get("channel_names", {}),
        },
    )


def read_nnunet(
    folder: Path,
    *,
    trust: bool = False,
    orientation: Orientation | None = None,
    mirror: bool = False,
) -> ForeignModel:
    """Read a trained model of nnU-Net version 2.

    Parameters
    ----------
    folder
        Holds ``plans.json``, ``dataset.json`` and ``fold_X/checkpoint_final.pth``; several folds
        become one network that gives their mean, as in nnU-Net.
    trust
        Read checkpoints that hold more than numbers; see ``read_checkpoint``.
    orientation
        Turn images to these axes first, in place of what the plans' reader does.
    mirror
        Average over mirror images along the axes that the training mirrored.

    Raises
    ------
    ModelError
        If something is missing, damaged or cannot be followed exactly.
    """
    checkpoints = [read_checkpoint(fold / CHECKPOINT, trust=trust) for fold in fold_folders(folder)]
    try:
        return _described(folder, checkpoints, orientation, mirror)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise refuse(f"its description is incomplete ({error}).", "nnunet-incomplete") from error
