"""Lobule's side of tests.benchmarks.nnunet, in a process of its own: no torch in its memory.

python -m tests.benchmarks.nnunet_ours MODEL_FOLDER IMAGE OUT f32|bf16
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

import nibabel
import numpy as np

from inference.catalogue import load_spec
from inference.nifti_images import read_image
from inference.nnunet_prediction import predict_like_nnunet
from inference.recipes import NnunetRecipe
from inference.session import Device, Precision, open_session


def ours(model: Path, image: Path, out: Path, precision: Precision) -> dict[str, float]:
    """Label one image with the imported model, in this process."""
    spec = load_spec(model)
    if not isinstance(spec.recipe, NnunetRecipe):
        raise SystemExit("not an imported nnU-Net model")
    volume = read_image(image)
    session = open_session(spec, Device.CPU, precision=precision)
    before_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.perf_counter()
    prediction = predict_like_nnunet(volume, spec.recipe, spec.labels, session.run)
    seconds = time.perf_counter() - started
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    labels = np.where(prediction.mask, prediction.segments, 0).astype(np.uint8)
    nibabel.save(nibabel.Nifti1Image(labels, volume.geometry.affine), out)
    return {"seconds": seconds, "peak_mib": peak_mib, "peak_before_mib": before_mib}


if __name__ == "__main__":
    model, image, out, precision = sys.argv[1:]
    print(json.dumps(ours(Path(model), Path(image), Path(out), Precision(precision))))
