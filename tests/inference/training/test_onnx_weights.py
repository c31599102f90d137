from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest
import torch

from analysis.errors import UnusableInput
from inference.training.network import SegmentNetwork
from inference.training.onnx_graph import HALF_FROM_ELEMENTS, build_model
from inference.training.onnx_weights import channels_of, load_weights, main, read_weights
from inference.training.train import Plan, resume_run
from tests.inference.training.conftest import CPU

CHANNELS = (4, 6, 8, 10)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory) -> tuple[SegmentNetwork, Path]:
    torch.manual_seed(3)
    network = SegmentNetwork(CHANNELS).eval()
    state = network.state_dict()
    for name, weight in state.items():
        torch.nn.init.normal_(weight, std=0.3)
        if weight.numel() >= HALF_FROM_ELEMENTS:
            state[name] = weight.half().float()
    network.load_state_dict(state)
    path = tmp_path_factory.mktemp("model") / "model.onnx"
    arrays = {name: value.numpy() for name, value in state.items()}
    onnx.save(build_model(arrays, len(CHANNELS)), str(path))
    return network, path


def test_a_network_started_from_its_export_gives_the_same_logits(shipped) -> None:
    network, path = shipped
    torch.manual_seed(4)
    again = SegmentNetwork(CHANNELS).eval()
    image = torch.rand(1, 1, 16, 24, 16)
    with torch.no_grad():
        assert not torch.allclose(again(image), network(image), atol=1e-2)
        load_weights(again, read_weights(path))
        assert torch.equal(again(image), network(image))


def test_the_channels_are_read_from_the_weights(shipped) -> None:
    assert channels_of(read_weights(shipped[1])) == CHANNELS


def test_coarser_heads_which_do_not_ship_keep_their_weights(shipped) -> None:
    again = SegmentNetwork(CHANNELS)
    before = again.state_dict()["heads.0.weight"].clone()
    load_weights(again, read_weights(shipped[1]))
    assert torch.equal(again.state_dict()["heads.0.weight"], before)


@pytest.mark.parametrize("channels", [(4, 6, 8), (4, 6, 8, 12), (4, 6, 8, 10, 12)])
def test_weights_of_another_network_are_refused(shipped, channels) -> None:
    with pytest.raises(UnusableInput, match="another network"):
        load_weights(SegmentNetwork(channels), read_weights(shipped[1]))


def test_training_resumes_from_the_shipped_weights_without_the_prior_of_the_export(
    shipped, tmp_path
) -> None:
    network, path = shipped
    path.with_name("card.json").write_text(json.dumps({"background_odds": 6.0}))
    main(["--start-from", str(path), "--out", str(tmp_path)])
    run = resume_run(tmp_path / "checkpoint.pt", CPU, Plan(minutes=1, schedule_minutes=1))
    image = torch.rand(1, 1, 16, 16, 16)
    with torch.no_grad():
        change = run.network(image) - network(image)
    assert (run.steps, run.elapsed_minutes) == (0, 0.0)
    assert torch.allclose(change[:, 0], torch.tensor(6.0).log().neg(), atol=1e-4)
    assert torch.allclose(change[:, 1:], torch.zeros(()), atol=1e-4)
    for name, value in run.network.state_dict().items():
        assert torch.equal(run.average[name], value)
