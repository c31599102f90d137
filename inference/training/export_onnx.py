"""Turn a checkpoint into a model folder: ``model.onnx`` with its ``card.json``.

``python -m inference.training.export_onnx --checkpoint .local/training/checkpoint.pt``
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from analysis.anatomy import SEGMENTS
from inference.training.cache import load_anatomies
from inference.training.corruption import PERCENTILES
from inference.training.framing import ABDOMEN, LIVER
from inference.training.onnx_graph import build_model
from inference.training.split import SPLIT_SEED, held_out_patients, training_patients
from inference.training.train import patch_shape, read_checkpoint

NAME, VERSION = "liver-segments", "0.5.0"
PATCH_MM = {ABDOMEN.name: (384, 320, 320), LIVER.name: (320, 256, 256)}

DATA = [
    {
        "name": "Couinaud segment maps of LiTS and 3D-IRCADb livers, hepatic vessels of some",
        "source": "github.com/xukun-zhang/Couinaud-Segmentation (Zhang X. et al., MICCAI 2023)",
        "licence": "MIT",
        "use": "training anatomy; no images",
    },
    {
        "name": "TotalSegmentator test CT: labels and CT numbers",
        "source": "github.com/wasserth/TotalSegmentator",
        "licence": "Apache-2.0",
        "use": "body context around the livers",
    },
    {
        "name": "HuBMAP Human Reference Atlas 3D Reference Object Library (NLM Visible Human)",
        "source": "humanatlas.io",
        "licence": "CC BY 4.0",
        "use": "body context around the livers: organ and skin meshes",
    },
]

FIXED: dict[str, Any] = {
    "name": NAME,
    "version": VERSION,
    "summary": "liver and Couinaud segments I-VIII, trained on simulated images only",
    "orientation": "RAS",
    "normalisation": {
        "kind": "percentile",
        "lower": PERCENTILES[0],
        "upper": PERCENTILES[1],
        "mask": "positive",
        "rule": "percentiles over voxels above zero of what the network looks at, at this "
        "spacing, scaled to 0-1 and clipped; what lies outside the field of view is 0",
    },
    "input": "image, float32 (1, 1, x, y, z)",
    "output": "logits, float32 (1, 9, x, y, z); channel 0 is background",
    "labels": {str(segment.label): segment.key for segment in SEGMENTS},
    "licence": "Apache-2.0",
    "data": DATA,
    "intended_use": "research: finding the liver and approximate Couinaud segments on abdominal MR "
    "of any contrast (and CT) for quantitative mapping; every result is to be looked at",
    "not_measured": [
        "real MR of whole livers with manual masks",
        "segments on any real image",
        "children, resected or transplanted livers, large tumours, cirrhosis",
        "images with less than 20 mm of liver",
    ],
}


def weights_of(
    state: dict[str, Any], background_odds: float = 1.0
) -> dict[str, npt.NDArray[np.float32]]:
    """Return the averaged weights of a checkpoint as arrays, with the prior corrected.

    The loss weighs the liver's voxels more than the background's, so that the network overrates
    liver. Multiplying the odds of background by a constant undoes that: the last convolution's
    background bias is raised by its logarithm.

    Parameters
    ----------
    state
        A checkpoint.
    background_odds
        Factor on the odds of background, > 0; 1 leaves the network as trained.
    """
    average: dict[str, torch.Tensor] = state["average"]
    weights = {name: value.detach().cpu().float().numpy() for name, value in average.items()}
    last = f"heads.{len(state['channels']) - 2}.bias"
    shift = np.zeros_like(weights[last])
    shift[0] = np.log(background_odds)
    return {**weights, last: weights[last] + shift}


def training_record(state: dict[str, Any], caches: Sequence[Path], command: str) -> dict[str, Any]:
    """Return what the card says about how the model was trained."""
    anatomies = [anatomy for cache in caches for anatomy in load_anatomies(cache)]
    patients = sorted({anatomy.patient for anatomy in anatomies})
    return {
        "command": command,
        "seed": state["plan"]["seed"],
        "channels": list(state["channels"]),
        "steps": state["steps"],
        "minutes": round(state["elapsed_minutes"], 1),
        "schedule_minutes": state["plan"]["schedule_minutes"],
        "batch": state["plan"]["batch"],
        "device": state.get("device", "cpu"),
        "patients": len(training_patients(patients)),
        "contexts": sorted({anatomy.context for anatomy in anatomies}),
        "split_seed": SPLIT_SEED,
        "held_out_patients": list(held_out_patients(patients)),
        "framing": state["plan"].get("framing", ABDOMEN.name),
    }


def export(
    state: dict[str, Any],
    training: dict[str, Any],
    out: Path,
    background_odds: float = 1.0,
    locator: tuple[str, str] | None = None,
) -> Path:
    """Write model and card into a folder and return it.

    Parameters
    ----------
    state
        A checkpoint.
    training
        The training record of the card.
    out
        The folder ``models/<name>/<version>``.
    background_odds
        See ``weights_of``.
    locator
        Name and version of the model that finds the liver first.
    """
    framing = state["plan"].get("framing", ABDOMEN.name)
    levels, spacing = len(state["channels"]), state["plan"]["spacing_mm"]
    model = build_model(weights_of(state, background_odds), levels).SerializeToString()
    out.mkdir(parents=True, exist_ok=True)
    (out / "model.onnx").write_bytes(model)
    card = {
        **FIXED,
        "spacing_mm": spacing,
        "patch": list(patch_shape(PATCH_MM[framing], spacing, 2 ** (levels - 1))),
        "sha256": hashlib.sha256(model).hexdigest(),
        "divisor": 2 ** (levels - 1),
        "training": training,
        "background_odds": background_odds,
        "metrics": {},
    }
    if locator is not None:
        card["locator"] = {"name": locator[0], "version": locator[1]}
    (out / "card.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return out


def main() -> None:
    """Export a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path(".local/training/checkpoint.pt"))
    parser.add_argument("--cache", type=Path, nargs="+", default=[Path(".local/anatomies.npz")])
    parser.add_argument("--out", type=Path, default=Path("inference/models") / NAME / VERSION)
    parser.add_argument("--command", default="", help="the training command, for the card")
    parser.add_argument(
        "--background-odds", type=float, default=1.0, help="factor on the odds of background"
    )
    parser.add_argument(
        "--locator", nargs=2, metavar=("NAME", "VERSION"), help="the model that finds the liver"
    )
    options = parser.parse_args()
    state = read_checkpoint(options.checkpoint, torch.device("cpu"))
    record = training_record(state, options.cache, options.command)
    locator = (options.locator[0], options.locator[1]) if options.locator else None
    print(export(state, record, options.out, options.background_odds, locator))


if __name__ == "__main__":
    main()
