"""Read the weights of a shipped model back, so that a training can start from them.

Filters learned at one voxel size are a far better start at another than random ones. Only the
finest head is shipped; the heads of deep supervision keep the weights they have. A command of its
own, because the training itself runs where there is no onnx:

``python -m inference.training.onnx_weights --start-from inference/models/NAME/VERSION/model.onnx``,
then ``python -m inference.training.train --resume --spacing-mm 4 --peak-rate 1e-3 ...``.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from analysis.errors import UnusableInput
from inference.training.network import SegmentNetwork
from inference.training.train import Plan, Run, start_run

HALF_ENDING = ".half"
NOT_A_WEIGHT = "doubling"


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the float32 weights of a model that ``onnx_graph.build_model`` wrote, by name.

    Parameters
    ----------
    path
        ``model.onnx``.
    """
    graph = onnx.load(str(path)).graph
    return {
        tensor.name.removesuffix(HALF_ENDING): torch.from_numpy(
            np.array(numpy_helper.to_array(tensor), dtype=np.float32)
        )
        for tensor in graph.initializer
        if tensor.name != NOT_A_WEIGHT
    }


def channels_of(weights: dict[str, Tensor]) -> tuple[int, ...]:
    """Return the feature channels, finest first, of the network that weights belong to."""
    levels = 1 + sum(1 for name in weights if name.endswith(".1.1.bias") and "encoder" in name)
    names = ["stem", *(f"encoder.{level}" for level in range(levels - 1))]
    return tuple(int(weights[f"{name}.1.1.bias"].numel()) for name in names)


def load_weights(network: SegmentNetwork, weights: dict[str, Tensor]) -> None:
    """Set the weights of a network to those of a shipped model.

    Parameters
    ----------
    network
        Of the same channels. Its coarser heads are left as they are.
    weights
        From ``read_weights``.

    Raises
    ------
    UnusableInput
        If the weights belong to another network.
    """
    own = network.state_dict()
    spared = {name for name in own if name.startswith("heads.")} - set(weights)
    same = set(weights) == set(own) - spared
    if not same or any(weights[name].shape != own[name].shape for name in weights):
        raise UnusableInput(
            "The model to start from is another network; start from one with the same channels.",
            code="other-network",
        )
    network.load_state_dict({**own, **weights})


def start_from(model: Path, plan: Plan) -> Run:
    """Return a training at step 0 whose network is a shipped one, as it was before its export.

    Parameters
    ----------
    model
        ``model.onnx``, with ``card.json`` beside it.
    plan
        Of the training to come. Its seed draws the heads that do not ship.
    """
    weights = read_weights(model)
    card = json.loads(model.with_name("card.json").read_text(encoding="utf-8"))
    channels = channels_of(weights)
    last = f"heads.{len(channels) - 2}.bias"
    weights[last][0] -= math.log(float(card["background_odds"]))
    run = start_run(torch.device("cpu"), plan, channels)
    load_weights(run.network, weights)
    run.average = {name: value.clone() for name, value in run.network.state_dict().items()}
    return run


def main(arguments: list[str] | None = None) -> None:
    """Write a checkpoint that ``train --resume`` goes on from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start-from", type=Path, required=True, help="model.onnx")
    parser.add_argument("--out", type=Path, default=Path(".local/training"))
    parser.add_argument("--seed", type=int, default=Plan(0, 0).seed)
    options = parser.parse_args(arguments)
    plan = Plan(minutes=0, schedule_minutes=0, seed=options.seed)
    options.out.mkdir(parents=True, exist_ok=True)
    start_from(options.start_from, plan).save(options.out / "checkpoint.pt", plan)


if __name__ == "__main__":
    main()
