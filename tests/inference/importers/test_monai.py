"""The imported bundle against MONAI's own transforms and sliding window."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from analysis.errors import ModelError
from analysis.quantities import MR_SIGNAL
from analysis.volume import Geometry, Volume
from inference.importers.installation import install
from inference.importers.monai import read_monai
from inference.monai_prediction import predict_like_monai
from inference.recipes import MonaiRecipe
from inference.session import Device, open_session
from tests.inference.importers.conftest import monai_config, monai_metadata

monai_nets = pytest.importorskip("monai.networks.nets", reason="needed to build the network")
monai_transforms = pytest.importorskip("monai.transforms")
monai_inferers = pytest.importorskip("monai.inferers")
monai_data = pytest.importorskip("monai.data")


def network() -> torch.nn.Module:
    torch.manual_seed(3)
    made: torch.nn.Module = monai_nets.UNet(3, 1, 9, [4, 8], [2], norm="instance")
    return made.eval()


def write_bundle(folder: Path, config: dict[str, Any]) -> Path:
    (folder / "configs").mkdir(parents=True)
    (folder / "models").mkdir()
    (folder / "configs" / "inference.json").write_text(json.dumps(config))
    (folder / "configs" / "metadata.json").write_text(json.dumps(monai_metadata()))
    torch.save({"state_dict": network().state_dict()}, folder / "models" / "model.pt")
    return folder


def image() -> Volume:
    rng = np.random.default_rng(4)
    array = rng.normal(100, 30, (33, 30, 22)).astype(np.float32)
    affine = np.diag([-3.0, 2.5, 6.0, 1.0])
    affine[:3, 3] = (40, -20, 7)
    return Volume(array, Geometry(array.shape, affine), MR_SIGNAL)


def labels_by_monai(volume: Volume) -> np.ndarray:
    tensor = monai_data.MetaTensor(torch.tensor(volume.array)[None], affine=volume.geometry.affine)
    turned = monai_transforms.Orientation("RAS", labels=None)(tensor)
    spaced = monai_transforms.Spacing((4.0, 4.0, 5.0), mode="bilinear")(turned)
    scored = monai_transforms.NormalizeIntensity(nonzero=True)(spaced)
    window = monai_inferers.SlidingWindowInferer((16, 16, 16), 1, 0.25, "gaussian")
    with torch.inference_mode():
        logits = window(scored.as_tensor()[None], network())[0]
    back = monai_transforms.SpatialResample(mode="bilinear", padding_mode="border")(
        monai_data.MetaTensor(logits, affine=scored.affine), volume.geometry.affine,
        volume.geometry.shape,
    )  # fmt: skip
    return np.asarray(back.argmax(0))


@pytest.mark.filterwarnings("ignore")  # of MONAI's own calls
def test_the_labels_are_those_of_monais_own_transforms(tmp_path: Path) -> None:
    spec = install(read_monai(write_bundle(tmp_path / "b", monai_config())), "b", tmp_path / "m")
    volume = image()
    session = open_session(spec, Device.CPU, threads=1)
    assert isinstance(spec.recipe, MonaiRecipe)
    prediction = predict_like_monai(volume, spec.recipe, spec.labels, session.run)
    mine = np.where(prediction.mask, prediction.segments, 0)
    theirs = labels_by_monai(volume)
    assert len(np.unique(theirs)) > 3
    assert np.mean(mine == theirs) > 0.999


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"_target_": "SwinUNETR"}, "network SwinUNETR is not known"),
        ({"out_channels": 3}, "other channels"),
        ({"channels": "$[4, 8]"}, "computes"),
        ({"channels": [4, 16]}, "do not fit the network"),
    ],
)
def test_a_network_that_cannot_be_built_is_refused(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    config = monai_config()
    config["network_def"].update(change)
    with pytest.raises(ModelError, match=reason):
        read_monai(write_bundle(tmp_path / "b", config))


def test_a_bundle_without_network_or_metadata_is_refused(tmp_path: Path) -> None:
    config = monai_config()
    del config["network_def"]
    folder = write_bundle(tmp_path / "b", config)
    with pytest.raises(ModelError, match="no network_def"):
        read_monai(folder)
    (folder / "configs" / "metadata.json").unlink()
    with pytest.raises(ModelError, match=r"metadata\.json is missing"):
        read_monai(folder)
