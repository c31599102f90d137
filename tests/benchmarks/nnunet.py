"""Imported nnU-Net weights in Lobule against nnU-Net's own predictor: one JSON line.

    python -m tests.benchmarks.nnunet [--work FOLDER] [--anisotropic] [--full] [--iterations N]

Needs an environment of its own with nnunetv2 (``--peer PYTHON``, default
``.local/peers/nnunet/bin/python``). Trains a network there on synthetic blocks unless FOLDER holds
one already, imports it, and labels the same unseen image with both: mirroring off, same tiles,
before Lobule's postprocessing. Seconds leave loading of model and image out; peak memory is that
of each process. ``--full`` plans nnU-Net's own network for 256 x 256 x 64 images;
``--iterations 0`` keeps random weights in all layers but the last, which is fitted to two images:
enough for timing and for comparing labels.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from inference.importers.installation import VERSION, install
from inference.importers.nnunet import read_nnunet
from inference.session import Precision

PEER_SCRIPT = Path(__file__).with_name("nnunet_peer.py")
NAME = "toy"


def _peer(python: Path, work: Path, *arguments: str) -> str:
    places = {
        "nnUNet_raw": work / "raw",
        "nnUNet_preprocessed": work / "preprocessed",
        "nnUNet_results": work / "results",
    }
    environment = {
        **os.environ,
        **{name: str(place.resolve()) for name, place in places.items()},
        "nnUNet_n_proc_DA": "1",
        "nnUNet_compile": "f",
    }
    done = subprocess.run(
        [str(python), str(PEER_SCRIPT), *arguments],
        env=environment, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return done.stdout.strip().splitlines()[-1]


def _model_folder(work: Path) -> Path | None:
    found = sorted(work.glob("results/*/*/fold_0/checkpoint_final.pth"))
    return found[0].parent.parent if found else None


def _in_new_process(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.nnunet_ours", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def _labels(path: Path) -> np.ndarray:
    return np.asarray(nibabel.load(path).dataobj)


def _agreement(mine: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    overlap = 2 * np.count_nonzero((mine > 0) & (theirs > 0))
    sizes = np.count_nonzero(mine) + np.count_nonzero(theirs)
    return {
        "same_labels": float(np.mean(mine == theirs)),
        "same_labels_where_either_is_liver": float(
            np.mean((mine == theirs)[(mine > 0) | (theirs > 0)])
        ),
        "liver_dice": overlap / sizes,
    }


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Train if needed, import, predict with both, and return all figures."""
    work: Path = options.work
    flags = [flag for flag in ("anisotropic", "full") if getattr(options, flag)]
    if _model_folder(work) is None:
        steps = str(options.iterations)
        _peer(options.peer, work, "train", str(work), "--iterations", steps,
              *(f"--{flag}" for flag in flags))  # fmt: skip
    trained = _model_folder(work)
    if trained is None:
        raise SystemExit("training left no checkpoint")
    model = work / "models" / NAME / VERSION
    if not model.exists():
        install(read_nnunet(trained), NAME, work / "models")
    (image,) = sorted(work.glob("raw/*/imagesTs/*_0000.nii.gz"))
    theirs = work / "theirs.nii.gz"
    result: dict[str, Any] = {"benchmark": "nnunet", "case": flags or ["isotropic"]}
    arguments = ("predict", str(trained), str(image), str(theirs))
    result["nnunet"] = json.loads(_peer(options.peer, work, *arguments))
    for precision in Precision:
        out = work / f"ours_{precision.value}.nii.gz"
        figures = _in_new_process(str(model), str(image), str(out), precision.value)
        result[precision.value] = {**figures, **_agreement(_labels(out), _labels(theirs))}
    result["image"] = list(_labels(theirs).shape)
    result["labels_found"] = [int(label) for label in np.unique(_labels(theirs))]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path(".local/nnunet_toy/benchmark"))
    parser.add_argument("--peer", type=Path, default=Path(".local/peers/nnunet/bin/python"))
    parser.add_argument("--anisotropic", action="store_true")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--iterations", type=int, default=60)
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    print(json.dumps(compare(options)))


if __name__ == "__main__":
    main()
