from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from inference.training.network import SegmentNetwork
from inference.training.onnx_graph import HALF_FROM_ELEMENTS, build_model

CHANNELS = (4, 6, 8, 10)


@pytest.fixture(scope="module")
def network() -> SegmentNetwork:
    """A network whose large weights are already rounded to half precision."""
    torch.manual_seed(3)
    network = SegmentNetwork(CHANNELS).eval()
    rounded = {
        name: weight.half().float() if weight.numel() >= HALF_FROM_ELEMENTS else weight
        for name, weight in network.state_dict().items()
    }
    network.load_state_dict(rounded)
    return network


@pytest.fixture(scope="module")
def model(network) -> onnx.ModelProto:
    weights = {name: value.numpy() for name, value in network.state_dict().items()}
    return build_model(weights, len(CHANNELS))


@pytest.mark.parametrize("shape", [(16, 16, 16), (24, 32, 8)])
def test_the_exported_graph_equals_the_network(network, model, shape) -> None:
    image = torch.rand(1, 1, *shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = network(image).numpy()
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    (found,) = session.run(["logits"], {"image": image.numpy()})
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-3 * np.abs(expected).max()


def test_large_weights_are_stored_in_half_precision(model) -> None:
    kinds = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    assert kinds["encoder.0.0.0.weight.half"] == onnx.TensorProto.FLOAT16
    assert kinds["stem.0.0.weight"] == onnx.TensorProto.FLOAT
