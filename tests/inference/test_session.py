from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import ModelError
from inference.catalogue import ModelSpec
from inference.session import Device, Precision, open_onnxruntime_cpu, open_session


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
