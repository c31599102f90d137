"""Write a torch network as an ONNX file, and check that the file says the same."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

import torch

from analysis.errors import ModelError
from inference.session import open_onnxruntime_cpu

OPSET = 17
LARGEST_DIFFERENCE = 1e-3  # of the range of the logits
CHECK_SEED = 20


class MeanOf(torch.nn.Module):
    """The mean of the logits of several networks, as nnU-Net ensembles its folds.

    Parameters
    ----------
    networks
        Same input and output.
    """

    def __init__(self, networks: Sequence[torch.nn.Module]) -> None:
        super().__init__()
        self.networks = torch.nn.ModuleList(networks)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Return the mean logits."""
        total: torch.Tensor = self.networks[0](image)
        for network in self.networks[1:]:
            total = total + network(image)
        return total / len(self.networks)


def _require_same(network: torch.nn.Module, tile: torch.Tensor, path: Path) -> None:
    expected = network(tile).numpy()
    written = open_onnxruntime_cpu(path).run(tile.numpy())
    scale = float(expected.max() - expected.min()) or 1.0
    if (
        written.shape != expected.shape
        or abs(written - expected).max() > LARGEST_DIFFERENCE * scale
    ):
        raise ModelError(
            "The network could not be converted faithfully: its ONNX file gives other results. "
            "It was not installed.",
            code="model-conversion-failed",
        )


def write_onnx(network: torch.nn.Module, tile: Sequence[int], path: Path) -> None:
    """Write a network for one fixed size of tile and compare the file with the network.

    Parameters
    ----------
    network
        float32 (1, 1, *tile) to logits (1, class, *tile).
    tile
        Size in voxels.
    path
        Of the file.

    Raises
    ------
    ModelError
        If the network has an operation that ONNX lacks, or the file gives other results.
    """
    network.eval()
    noise = torch.randn((1, 1, *tile), generator=torch.Generator().manual_seed(CHECK_SEED))
    try:
        with torch.inference_mode(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the tracer; the result is compared below
            torch.onnx.export(
                network,
                (noise,),
                str(path),
                input_names=["image"],
                output_names=["logits"],
                opset_version=OPSET,
                dynamo=False,  # the newer exporter needs a further package
            )
            _require_same(network, noise, path)
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
        raise ModelError(
            "The network cannot be written as ONNX, or not run on one tile: "
            f"{str(error).splitlines()[0]}",
            code="model-conversion-failed",
        ) from error
