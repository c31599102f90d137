"""The side of nnU-Net in tests.benchmarks.nnunet: runs in nnU-Net's own environment.

    python nnunet_peer.py train FOLDER [--anisotropic] [--full] [--iterations N]
    python nnunet_peer.py predict MODEL_FOLDER IMAGE OUT

``train`` writes a synthetic data set (eight blocks of distinct intensity, ``liver_segment_1`` to
``_8``), plans, preprocesses and trains with nnU-Net; ``predict`` labels one image with nnU-Net's
own predictor, mirroring off, and prints seconds and peak memory as one JSON line.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from pathlib import Path

import numpy as np
import SimpleITK
import torch
from nnunetv2.experiment_planning.plan_and_preprocess_api import (
    extract_fingerprints,
    plan_experiments,
    preprocess,
)
from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
from nnunetv2.training.nnUNetTrainer.nnUNetTrainer import nnUNetTrainer

DATASET = "Dataset001_Toy"
CASES = 6
NOISE = 4.0


def blocks(rng, shape):
    """Return image and labels: segments as blocks, in thirds and halves, in a dim body."""
    z, y, x = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    shift = rng.uniform(-0.12, 0.12, 3)
    z, y, x = z + shift[0], y + shift[1], x + shift[2]
    inside = (abs(z) < 0.55) & (abs(y) < 0.6) & (abs(x) < 0.65)
    labels = 1 + (z > 0) + 2 * (y > 0) + 4 * (x > 0)
    labels = np.where(inside, labels, 0).astype(np.uint8)
    body = (y**2 + x**2) < 0.95
    levels = np.array([30, 200, 90, 260, 140, 320, 170, 230, 380], np.float32)
    image = np.where(body, levels[labels] + rng.normal(0, NOISE, shape), 0.0)
    return image.astype(np.float32), labels


def write_dataset(raw, shape, spacing):
    for name in ("imagesTr", "labelsTr", "imagesTs"):
        (raw / name).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(7)
    for case in range(CASES + 1):
        sizes = [n + int(rng.integers(-2, 3)) for n in shape]
        image, labels = blocks(rng, sizes)
        part = "Ts" if case == CASES else "Tr"
        for array, path in (
            (image, raw / f"images{part}" / f"case_{case}_0000.nii.gz"),
            (labels, raw / "labelsTr" / f"case_{case}.nii.gz"),
        ):
            if part == "Ts" and path.parent.name == "labelsTr":
                continue
            stored = SimpleITK.GetImageFromArray(array)
            stored.SetSpacing(spacing[::-1])
            SimpleITK.WriteImage(stored, str(path))
    names = {"background": 0, **{f"liver_segment_{n}": n for n in range(1, 9)}}
    description = {
        "channel_names": {"0": "MR"},
        "labels": names,
        "numTraining": CASES,
        "file_ending": ".nii.gz",
    }
    (raw / "dataset.json").write_text(json.dumps(description))


def shrink(plans, target_spacing, patch):
    """Make the planned network tiny: few features, small tiles."""
    configuration = plans["configurations"]["3d_fullres"]
    configuration.update(batch_size=2, patch_size=patch)
    if target_spacing:
        configuration["spacing"] = target_spacing
    flat = patch[0] < patch[1] // 2
    network = configuration["architecture"]["arch_kwargs"]
    network.update(
        n_stages=3,
        features_per_stage=[8, 16, 24],
        kernel_sizes=[[1 if flat else 3, 3, 3], [3, 3, 3], [3, 3, 3]],
        strides=[[1, 1, 1], [1 if flat else 2, 2, 2], [2, 2, 2]],
        n_conv_per_stage=[2, 2, 2],
        n_conv_per_stage_decoder=[2, 2],
    )


def centre_of(image, patch):
    """Return the middle of (channel, z, y, x) in the size of a patch, padded where it is small."""
    for axis, size in enumerate(patch, start=1):
        start = max(0, (image.shape[axis] - size) // 2)
        image = np.take(image, range(start, min(start + size, image.shape[axis])), axis)
    missing = [(0, size - n) for size, n in zip(patch, image.shape[1:], strict=True)]
    return np.pad(image, [(0, 0), *missing])


def fit_last_layer(trainer):
    """Fit the last layer to two training images by ridge regression, the others stay random.

    Random networks decide nothing: their classes are equal nearly everywhere, and rounding picks
    the label. This takes two passes where training on a processor takes hours.
    """
    network = trainer.network.eval()
    layer = network.decoder.seg_layers[-1]
    seen = []
    hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0][0]))
    cases, _ = trainer.get_tr_and_val_datasets()
    patch = trainer.configuration_manager.patch_size
    features, targets = [], []
    for name in list(cases.identifiers)[:2]:
        data, labels, *_ = cases.load_case(name)
        tile = torch.from_numpy(centre_of(np.asarray(data[:], np.float32), patch))
        with torch.no_grad():
            network(tile[None])
        truth = torch.from_numpy(centre_of(np.asarray(labels[:], np.int64), patch)).clamp(min=0)
        features.append(seen.pop().flatten(1).T[::5].double())
        targets.append(torch.nn.functional.one_hot(truth.flatten()[::5], 9).double())
    hook.remove()
    x, y = torch.cat(features), torch.cat(targets)
    x = torch.cat([x, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)
    ridge = 1e-4 * len(x) * torch.eye(x.shape[1], dtype=x.dtype)
    weights = 20 * torch.linalg.solve(x.T @ x + ridge, x.T @ y).T.float()
    with torch.no_grad():
        layer.weight.copy_(weights[:, :-1].reshape(layer.weight.shape))
        layer.bias.copy_(weights[:, -1])


def save_untrained(trainer, plans, description):
    """Write the network without training it, but for its last layer: for timing."""
    trainer.initialize()
    fit_last_layer(trainer)
    trainer.save_checkpoint(str(Path(trainer.output_folder) / "checkpoint_final.pth"))
    for name, content in (("plans", plans), ("dataset", description)):
        (Path(trainer.output_folder_base) / f"{name}.json").write_text(json.dumps(content))


def train(folder, anisotropic, full, iterations):
    shape, spacing = ((14, 40, 44), (6.0, 1.6, 1.6)) if anisotropic else ((40, 36, 44), (2, 2, 2))
    if full:
        shape, spacing = ((64, 256, 256), (3.0, 1.4, 1.4))
    write_dataset(folder / "raw" / DATASET, shape, [float(s) for s in spacing])
    extract_fingerprints([1], num_processes=1, check_dataset_integrity=False)
    plan_experiments([1])
    plans_path = folder / "preprocessed" / DATASET / "nnUNetPlans.json"
    plans = json.loads(plans_path.read_text())
    if not full:
        target = [5.0, 2.0, 2.0] if anisotropic else [2.3, 2.3, 2.3]
        shrink(plans, target, [8, 24, 24] if anisotropic else [24, 24, 24])
    plans_path.write_text(json.dumps(plans))
    preprocess([1], configurations=["3d_fullres"], num_processes=[1])
    plans["continue_training"] = False
    description = json.loads((folder / "raw" / DATASET / "dataset.json").read_text())
    trainer = nnUNetTrainer(plans, "3d_fullres", 0, description, torch.device("cpu"))
    trainer.num_epochs, trainer.num_iterations_per_epoch = 1, iterations
    trainer.num_val_iterations_per_epoch = 1
    trainer.disable_checkpointing = False
    if iterations:
        trainer.run_training()
    else:
        save_untrained(trainer, plans, description)
    print(trainer.output_folder_base)


def predict(model, image, out):
    predictor = nnUNetPredictor(
        use_mirroring=False, device=torch.device("cpu"), allow_tqdm=False, verbose=False
    )
    predictor.initialize_from_trained_model_folder(str(model), None)
    reader = predictor.plans_manager.image_reader_writer_class()
    array, properties = reader.read_images([str(image)])
    before_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    started = time.perf_counter()
    labels = predictor.predict_single_npy_array(array, properties, None, None, False)
    seconds = time.perf_counter() - started
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    reader.write_seg(labels, str(out), properties)
    figures = {"seconds": seconds, "peak_mib": peak_mib, "peak_before_mib": before_mib}
    print(json.dumps({"threads": torch.get_num_threads(), **figures}))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    training = commands.add_parser("train")
    training.add_argument("folder", type=Path)
    training.add_argument("--anisotropic", action="store_true")
    training.add_argument("--full", action="store_true")
    training.add_argument("--iterations", type=int, default=60)
    predicting = commands.add_parser("predict")
    for name in ("model", "image", "out"):
        predicting.add_argument(name, type=Path)
    options = parser.parse_args()
    if options.command == "predict":
        predict(options.model, options.image, options.out)
    else:
        train(options.folder, options.anisotropic, options.full, options.iterations)


if __name__ == "__main__":
    if "nnUNet_raw" not in os.environ:
        raise SystemExit("set nnUNet_raw, nnUNet_preprocessed and nnUNet_results")
    main()
