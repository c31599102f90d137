from __future__ import annotations

import pytest
import torch

from analysis.errors import ModelError
from inference.importers import nnunet_network
from inference.importers.nnunet_network import build_network
from tests.inference.importers.conftest import older_configuration, plans

NEW = plans()["configurations"]["3d_fullres"]


def test_older_plans_describe_the_same_network() -> None:
    pytest.importorskip("dynamic_network_architectures")
    new, old = build_network(NEW, 9).state_dict(), build_network(older_configuration(), 9)
    assert {k: v.shape for k, v in new.items()} == {k: v.shape for k, v in old.state_dict().items()}


def test_a_tile_becomes_logits_of_every_class_at_one_resolution() -> None:
    pytest.importorskip("dynamic_network_architectures")
    assert build_network(NEW, 9)(torch.zeros(1, 1, 8, 8, 8)).shape == (1, 9, 8, 8, 8)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("network_class_name", "os.system", "network system is not known"),
        ("arch_kwargs", {"conv_op": "subprocess.Conv3d"}, "subprocess.Conv3d"),
        ("arch_kwargs", {"conv_op": "torch.nn.Conv2d"}, "torch.nn.Conv2d"),
        ("arch_kwargs", {"n_stages": 2}, "cannot be built"),
    ],
)
def test_a_network_that_is_not_known_is_never_imported(
    name: str, value: object, reason: str
) -> None:
    pytest.importorskip("dynamic_network_architectures")
    architecture = {**NEW["architecture"], name: value}
    with pytest.raises(ModelError, match=reason):
        build_network({"architecture": architecture}, 9)


def test_without_the_package_the_command_to_install_it_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nnunet_network, "_ARCHITECTURES", None)
    with pytest.raises(ModelError, match="pip install --no-deps -r inference/importers"):
        build_network(NEW, 9)
