from __future__ import annotations

import json
import shutil
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

from analysis.errors import ModelError
from analysis.quantities import MR_SIGNAL
from analysis.volume import Geometry, Volume
from inference.catalogue import available, find
from inference.importers.installation import install, model_name
from inference.importers.nnunet import read_nnunet
from inference.importers.nnunet_network import build_network
from inference.nnunet_prediction import predict_like_nnunet
from inference.recipes import NnunetRecipe, Orientation
from inference.session import Device, open_session
from tests.inference.importers.conftest import LABELS, plans, write_descriptions, write_fold


def test_an_imported_folder_is_an_installed_model(nnunet_folder: Path, tmp_path: Path) -> None:
    models = tmp_path / "models"
    spec = install(read_nnunet(nnunet_folder), "Liver MR", models, licence="CC BY 4.0")
    assert find("liver-mr", "", models) == spec
    assert spec.labels == tuple((n, f"segment_{n}") for n in range(1, 9))
    card = json.loads((spec.path.parent / "card.json").read_text())
    assert card["licence"] == "CC BY 4.0"
    assert card["origin"]["trainer"] == "nnUNetTrainer"
    assert [path.name for path in spec.path.parent.parent.iterdir()] == ["1.0.0"]


def test_the_installed_network_gives_the_logits_of_the_original(
    nnunet_folder: Path, tmp_path: Path
) -> None:
    second = write_fold(nnunet_folder, 1)
    configuration = plans()["configurations"]["3d_fullres"]
    first = torch.load(nnunet_folder / "fold_0/checkpoint_final.pth", weights_only=False)
    tile = torch.randn(1, 1, 8, 8, 8)
    total = torch.zeros(1, 9, 8, 8, 8)
    for weights in (first["network_weights"], second):
        network = build_network(configuration, 9)
        network.load_state_dict(weights)
        with torch.inference_mode():
            total += network(tile)
    spec = install(read_nnunet(nnunet_folder), "mean", tmp_path / "models")
    logits = open_session(spec, Device.CPU, threads=1).run(tile.numpy())
    np.testing.assert_allclose(logits, total.numpy() / 2, atol=1e-4)


def test_an_imported_model_labels_a_volume_on_its_own_grid(
    nnunet_folder: Path, tmp_path: Path
) -> None:
    spec = install(read_nnunet(nnunet_folder), "tiny", tmp_path / "models")
    array = np.zeros((20, 18, 9), np.float32)
    array[2:18, 3:17, 1:8] = np.random.default_rng(0).normal(100, 20, (16, 14, 7))
    volume = Volume(array, Geometry(array.shape, np.diag([-3.0, 3.0, 6.0, 1.0])), MR_SIGNAL)
    assert isinstance(spec.recipe, NnunetRecipe)
    run = open_session(spec, Device.CPU, threads=1).run
    prediction = predict_like_nnunet(volume, spec.recipe, spec.labels, run)
    assert prediction.segments.shape == volume.array.shape
    assert prediction.mask.any()
    assert not prediction.mask[array == 0].any()  # what nnU-Net crops away is background
    np.testing.assert_array_equal(prediction.mask, prediction.segments > 0)
    assert 0 <= prediction.liver.min() <= prediction.liver.max() <= 1


def test_images_can_be_turned_first_when_training_images_were(nnunet_folder: Path) -> None:
    recipe = read_nnunet(nnunet_folder, orientation=Orientation.RAS).recipe
    assert recipe.orientation is Orientation.RAS


def test_a_name_that_is_taken_is_refused_and_nothing_is_changed(
    nnunet_folder: Path, tmp_path: Path
) -> None:
    model = read_nnunet(nnunet_folder)
    spec = install(model, "tiny", tmp_path / "models")
    before = spec.path.stat().st_mtime_ns
    with pytest.raises(ModelError, match="installed already; choose another --name"):
        install(model, "tiny", tmp_path / "models")
    assert spec.path.stat().st_mtime_ns == before


@pytest.mark.parametrize("name", ["", "../escape", "a/b", ".hidden"])
def test_a_name_that_is_no_folder_is_refused(name: str) -> None:
    with pytest.raises(ModelError, match="cannot be the name"):
        model_name(name)


def test_a_folder_without_training_is_refused(nnunet_folder: Path) -> None:
    shutil.rmtree(nnunet_folder / "fold_0")
    with pytest.raises(ModelError, match=r"No fold_\*/checkpoint_final.pth"):
        read_nnunet(nnunet_folder)


@pytest.mark.parametrize("name", ["plans.json", "dataset.json"])
def test_a_missing_description_is_named(nnunet_folder: Path, name: str) -> None:
    (nnunet_folder / name).unlink()
    with pytest.raises(ModelError, match=f"{name} is missing in Tiny Model"):
        read_nnunet(nnunet_folder)


def test_an_incomplete_description_is_refused(nnunet_folder: Path) -> None:
    write_descriptions(nnunet_folder, {"configurations": {}}, {"background": 0})
    with pytest.raises(ModelError, match="cannot be imported"):
        read_nnunet(nnunet_folder)
    (nnunet_folder / "dataset.json").write_text("{}")
    write_descriptions(nnunet_folder, {}, {})
    with pytest.raises(ModelError, match="incomplete"):
        read_nnunet(nnunet_folder)


def test_weights_of_another_network_are_refused(nnunet_folder: Path) -> None:
    (nnunet_folder / "fold_0" / "checkpoint_final.pth").unlink()
    (nnunet_folder / "fold_0").rmdir()
    write_fold(nnunet_folder, 0, network_weights=OrderedDict(a=torch.zeros(1)))
    with pytest.raises(ModelError, match="do not fit the network"):
        read_nnunet(nnunet_folder)


def test_nothing_is_left_behind_when_the_network_cannot_run_its_tile(
    nnunet_folder: Path, tmp_path: Path
) -> None:
    plan = plans()
    plan["configurations"]["3d_fullres"]["patch_size"] = [7, 8, 8]
    write_descriptions(nnunet_folder, plan, {"background": 0, **{f"S{n}": n for n in range(1, 9)}})
    with pytest.raises(ModelError, match="cannot be written as ONNX"):
        install(read_nnunet(nnunet_folder), "odd", tmp_path / "models")
    assert available(tmp_path / "models") == ()
    assert list((tmp_path / "models" / "odd").iterdir()) == []


def test_mirroring_follows_the_axes_of_every_fold(tmp_path: Path) -> None:
    pytest.importorskip("dynamic_network_architectures", reason="needed to build the network")
    folder = tmp_path / "Mirrored"
    write_fold(folder, 0, inference_allowed_mirroring_axes=(0, 1, 2))
    write_fold(folder, 1, inference_allowed_mirroring_axes=(1, 2))
    write_descriptions(folder, plans(), LABELS)
    assert isinstance(recipe := read_nnunet(folder, mirror=True).recipe, NnunetRecipe)
    assert recipe.mirror_axes == (1, 2)
    assert isinstance(recipe := read_nnunet(folder).recipe, NnunetRecipe)
    assert recipe.mirror_axes == ()
