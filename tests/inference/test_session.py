from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from analysis.errors import ModelError
from inference.catalogue import ModelSpec
from inference.session import Device, Precision, bound_runner, open_onnxruntime_cpu, open_session


def image(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((1, 1, 16, 16, 8), dtype=np.float32)


def test_openvino_and_onnxruntime_give_the_same_logits(spec: ModelSpec) -> None:
    first = open_session(spec, Device.CPU, threads=1)
    second = open_onnxruntime_cpu(spec.path, threads=1)
    assert first.engine.startswith("openvino")
    assert second.engine.startswith("onnxruntime")
    np.testing.assert_allclose(first.run(image()), second.run(image()), rtol=1e-5, atol=1e-4)


def test_a_session_is_made_once(spec: ModelSpec) -> None:
    assert open_session(spec, Device.CPU, threads=1) is open_session(spec, Device.CPU, threads=1)


def test_a_result_survives_the_next_call(spec: ModelSpec) -> None:
    session = open_session(spec, Device.CPU, threads=1)
    kept = session.run(image(1))
    before = kept.copy()
    session.run(image(2))
    np.testing.assert_array_equal(kept, before)


def on_cpu(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])


def test_tiles_bound_to_a_device_give_the_logits_of_plain_calls(spec: ModelSpec) -> None:
    """The path of CUDA, bound to the memory of the CPU."""
    bound = bound_runner(on_cpu(spec.path), "cpu")
    plain = open_onnxruntime_cpu(spec.path, threads=1).run
    first = bound(image(1))
    for seed in (2, 3):
        np.testing.assert_array_equal(bound(image(seed)), plain(image(seed)))
    np.testing.assert_array_equal(first, plain(image(1)))  # the buffer was used again since
    other_size = image()[..., :4]
    np.testing.assert_array_equal(bound(other_size), plain(other_size))


def test_a_file_in_half_precision_is_given_half_precision(tmp_path: Path) -> None:
    tensor = onnx.helper.make_tensor_value_info
    shape = [1, 1, "x", "y", "z"]
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Add", ["image", "image"], ["logits"])],
        "double",
        [tensor("image", onnx.TensorProto.FLOAT16, shape)],
        [tensor("logits", onnx.TensorProto.FLOAT16, shape)],
    )
    opset = [onnx.helper.make_opsetid("", 17)]
    model = onnx.helper.make_model(graph, opset_imports=opset, ir_version=10)
    onnx.save(model, str(tmp_path / "half.onnx"))
    answer = bound_runner(on_cpu(tmp_path / "half.onnx"), "cpu")(image())
    assert answer.dtype == np.float32
    np.testing.assert_allclose(answer, 2 * image(), rtol=2e-3)


def test_bfloat16_is_close_and_named(spec: ModelSpec) -> None:
    session = open_session(spec, Device.CPU, threads=1, precision=Precision.BFLOAT16)
    assert "bf16" in session.engine
    exact = open_session(spec, Device.CPU, threads=1).run(image())
    np.testing.assert_allclose(session.run(image()), exact, rtol=0.05, atol=4.0)


def test_a_file_that_is_no_model_is_refused(spec: ModelSpec) -> None:
    spec.path.write_bytes(b"not a network")
    with pytest.raises(ModelError) as caught:
        open_session(spec, Device.CPU)
    assert caught.value.code == "model-checksum"
