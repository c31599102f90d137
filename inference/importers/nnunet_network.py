"""Build the network that nnU-Net's plans describe, from a fixed list of classes.

Plans name classes as text. They are looked up here and never imported by name, so that a file
cannot make Lobule run something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Any

import torch

from analysis.errors import ModelError
from inference.importers.nnunet_plans import Json, refuse

try:
    from dynamic_network_architectures.architectures import unet

    _ARCHITECTURES: ModuleType | None = unet
except ImportError:  # needed for importing only; see README
    _ARCHITECTURES = None

_OPERATIONS: Mapping[str, type[torch.nn.Module]] = {
    "Conv3d": torch.nn.Conv3d,
    "InstanceNorm3d": torch.nn.InstanceNorm3d,
    "BatchNorm3d": torch.nn.BatchNorm3d,
    "Dropout3d": torch.nn.Dropout3d,
    "LeakyReLU": torch.nn.LeakyReLU,
    "ReLU": torch.nn.ReLU,
    "GELU": torch.nn.GELU,
    "SiLU": torch.nn.SiLU,
}
_OPERATION_ARGUMENTS = ("conv_op", "norm_op", "dropout_op", "nonlin")
_NETWORKS = ("PlainConvUNet", "ResidualEncoderUNet", "ResidualUNet")


def _older_architecture(configuration: Json) -> tuple[str, dict[str, Any]]:
    """Return the network that plans before nnU-Net 2.4 describe without naming an architecture."""
    name = configuration["UNet_class_name"]
    stages = len(configuration["n_conv_per_stage_encoder"])
    depth = "n_conv_per_stage" if name == "PlainConvUNet" else "n_blocks_per_stage"
    base, most = configuration["UNet_base_num_features"], configuration["unet_max_num_features"]
    return name, {
        "n_stages": stages,
        "features_per_stage": [min(base * 2**stage, most) for stage in range(stages)],
        "conv_op": "torch.nn.modules.conv.Conv3d",
        "kernel_sizes": configuration["conv_kernel_sizes"],
        "strides": configuration["pool_op_kernel_sizes"],
        depth: configuration["n_conv_per_stage_encoder"],
        "n_conv_per_stage_decoder": configuration["n_conv_per_stage_decoder"],
        "conv_bias": True,
        "norm_op": "torch.nn.modules.instancenorm.InstanceNorm3d",
        "norm_op_kwargs": {"eps": 1e-05, "affine": True},
        "dropout_op": None,
        "dropout_op_kwargs": None,
        "nonlin": "torch.nn.LeakyReLU",
        "nonlin_kwargs": {"inplace": True},
    }


def _architecture(configuration: Json) -> tuple[str, dict[str, Any]]:
    if "architecture" not in configuration:
        return _older_architecture(configuration)
    stated = configuration["architecture"]
    return stated["network_class_name"].rpartition(".")[2], dict(stated["arch_kwargs"])


def _operation(path: str) -> type[torch.nn.Module]:
    package, _, name = path.rpartition(".")
    if name not in _OPERATIONS or package.split(".")[:2] != ["torch", "nn"]:
        raise refuse(f"its network uses {path}, which is not known.", "nnunet-network")
    return _OPERATIONS[name]


def build_network(configuration: Json, classes: int) -> torch.nn.Module:
    """Return the untrained network of a configuration: one image in, logits of all classes out.

    Parameters
    ----------
    configuration
        Of the plans, with what it inherits.
    classes
        Output channels.

    Raises
    ------
    ModelError
        If the network is of a kind that is not known, or the package that builds it is missing.
    """
    if _ARCHITECTURES is None:
        raise ModelError(
            "Importing nnU-Net models needs a further package; install it with "
            "`pip install --no-deps -r inference/importers/requirements.txt`.",
            code="importer-missing",
        )
    name, arguments = _architecture(configuration)
    if name not in _NETWORKS:
        raise refuse(f"its network {name} is not known.", "nnunet-network")
    for argument in _OPERATION_ARGUMENTS:
        if arguments.get(argument) is not None:
            arguments[argument] = _operation(arguments[argument])
    arguments["deep_supervision"] = False
    try:
        network = getattr(_ARCHITECTURES, name)(input_channels=1, num_classes=classes, **arguments)
    except (TypeError, ValueError, AssertionError) as error:
        raise refuse(f"its network cannot be built ({error}).", "nnunet-network") from error
    if not isinstance(network, torch.nn.Module):
        raise TypeError(f"{name} is not a network")
    return network
