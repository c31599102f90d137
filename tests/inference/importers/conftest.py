"""Tiny foreign models with known weights, written in their own formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from inference.importers.nnunet_network import build_network

LABELS = {"background": 0, **{f"liver_segment_{n}": n for n in range(1, 9)}}
RESAMPLE = {"is_seg": False, "order": 3, "order_z": 0, "force_separate_z": None}


def plans() -> dict[str, Any]:
    """Plans as nnU-Net 2.8 writes them, with a network of two levels."""
    configuration = {
        "preprocessor_name": "DefaultPreprocessor",
        "patch_size": [8, 8, 8],
        "spacing": [4.0, 4.0, 4.0],
        "normalization_schemes": ["ZScoreNormalization"],
        "use_mask_for_norm": [False],
        "resampling_fn_data": "resample_data_or_seg_to_shape",
        "resampling_fn_data_kwargs": dict(RESAMPLE),
        "resampling_fn_probabilities": "resample_data_or_seg_to_shape",
        "resampling_fn_probabilities_kwargs": {**RESAMPLE, "order": 1},
        "architecture": {
            "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
            "arch_kwargs": {
                "n_stages": 2,
                "features_per_stage": [2, 4],
                "conv_op": "torch.nn.modules.conv.Conv3d",
                "kernel_sizes": [[3, 3, 3], [3, 3, 3]],
                "strides": [[1, 1, 1], [2, 2, 2]],
                "n_conv_per_stage": [1, 1],
                "n_conv_per_stage_decoder": [1],
                "conv_bias": True,
                "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
                "norm_op_kwargs": {"eps": 1e-05, "affine": True},
                "dropout_op": None,
                "dropout_op_kwargs": None,
                "nonlin": "torch.nn.LeakyReLU",
                "nonlin_kwargs": {"inplace": True},
            },
            "_kw_requires_import": ["conv_op", "norm_op", "dropout_op", "nonlin"],
        },
    }
    return {
        "dataset_name": "Dataset001_Tiny",
        "plans_name": "nnUNetPlans",
        "image_reader_writer": "SimpleITKIO",
        "transpose_forward": [0, 1, 2],
        "configurations": {"3d_fullres": configuration},
    }


def older_configuration() -> dict[str, Any]:
    """The same network as plans before nnU-Net 2.4 describe it."""
    configuration: dict[str, Any] = plans()["configurations"]["3d_fullres"]
    network = configuration.pop("architecture")["arch_kwargs"]
    return {
        **configuration,
        "UNet_class_name": "PlainConvUNet",
        "UNet_base_num_features": 2,
        "unet_max_num_features": 320,
        "n_conv_per_stage_encoder": network["n_conv_per_stage"],
        "n_conv_per_stage_decoder": network["n_conv_per_stage_decoder"],
        "conv_kernel_sizes": network["kernel_sizes"],
        "pool_op_kernel_sizes": network["strides"],
    }


def write_fold(folder: Path, fold: int, **extra: object) -> dict[str, torch.Tensor]:
    """Write a checkpoint with random weights as nnU-Net would, and return the weights."""
    torch.manual_seed(fold)
    weights = build_network(plans()["configurations"]["3d_fullres"], len(LABELS)).state_dict()
    (folder / f"fold_{fold}").mkdir(parents=True)
    checkpoint = {
        "network_weights": weights,
        "logging": {"ema_fg_dice": [np.float64(0.5), np.float32(0.25)]},
        "init_args": {"configuration": "3d_fullres", "fold": fold},
        "trainer_name": "nnUNetTrainer",
        **extra,
    }
    torch.save(checkpoint, folder / f"fold_{fold}" / "checkpoint_final.pth")
    return dict(weights)


def write_descriptions(folder: Path, plan: dict[str, Any], labels: dict[str, Any]) -> None:
    (folder / "plans.json").write_text(json.dumps(plan))
    dataset = {"labels": labels, "channel_names": {"0": "MR"}, "file_ending": ".nii.gz"}
    (folder / "dataset.json").write_text(json.dumps(dataset))


@pytest.fixture
def nnunet_folder(tmp_path: Path) -> Path:
    pytest.importorskip("dynamic_network_architectures", reason="needed to build the network")
    folder = tmp_path / "Tiny Model"
    write_fold(folder, 0)
    write_descriptions(folder, plans(), LABELS)
    return folder


def monai_config() -> dict[str, Any]:
    """An inference.json of the declared subset."""
    return {
        "patch": [16, 16, 16],
        "network_def": {
            "_target_": "UNet",
            "spatial_dims": 3,
            "in_channels": 1,
            "out_channels": 9,
            "channels": [4, 8],
            "strides": [2],
            "norm": "instance",
        },
        "preprocessing": {
            "_target_": "Compose",
            "transforms": [
                {"_target_": "LoadImaged", "keys": "image"},
                {"_target_": "EnsureChannelFirstd", "keys": "image"},
                {"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"},
                {
                    "_target_": "Spacingd",
                    "keys": "image",
                    "pixdim": [4.0, 4.0, 5.0],
                    "mode": "bilinear",
                },
                {"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": True},
            ],
        },
        "inferer": {
            "_target_": "SlidingWindowInferer",
            "roi_size": "@patch",
            "overlap": 0.25,
            "mode": "gaussian",
            "sw_batch_size": 1,
        },
    }


def monai_metadata() -> dict[str, Any]:
    names = {"0": "background", **{str(n): f"liver segment {n}" for n in range(1, 9)}}
    return {
        "version": "0.1.0",
        "network_data_format": {
            "inputs": {"image": {"num_channels": 1}},
            "outputs": {"pred": {"num_channels": 9, "channel_def": names}},
        },
    }
