"""The one importer of the inference engines: checked weights in, warm sessions out.

On a CPU the same ONNX file runs on OpenVINO, with ONNX Runtime's CPU provider as the fallback; on
CUDA it runs on ONNX Runtime. The device that was asked for is asserted: a silent fall from CUDA to
CPU is an error.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt
import onnxruntime
import openvino

from analysis.errors import ModelError
from analysis.wording import words
from inference.catalogue import ModelSpec

CUDA_MEMORY_LIMIT_BYTES = 8 * 1024**3
_HASH_CHUNK_BYTES = 1 << 20
Tile = npt.NDArray[np.float32]


class Device(StrEnum):
    """Where a model may run."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"


class Precision(StrEnum):
    """Arithmetic on the CPU: float32, or bfloat16 where the processor has it (3 times faster)."""

    FLOAT32 = "f32"
    BFLOAT16 = "bf16"


class Runner(Protocol):
    """A compiled model: float32 image (1, 1, x, y, z) to logits (1, class, x, y, z)."""

    def __call__(self, image: Tile) -> Tile:
        """Run the model on one tile."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """A warm model with what it runs on."""

    run: Runner
    engine: str
    device: str


def has_cuda() -> bool:
    """Tell whether this machine shows an NVIDIA device and an ONNX Runtime built for it."""
    visible = Path("/dev/nvidia0").exists() and os.environ.get("CUDA_VISIBLE_DEVICES") != "-1"
    return visible and "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def verify_checksum(path: Path, sha256: str) -> None:
    """Compare a model file with its card.

    Raises
    ------
    ModelError
        If the file is missing or is not the one that the card describes.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_HASH_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise ModelError(
            words("The segmentation model's file is missing; install the model again."),
            code="model-missing",
        ) from error
    if digest.hexdigest() != sha256:
        raise ModelError(
            words(
                "The segmentation model's file is not the one its card describes; it was not "
                "used. Install the model again."
            ),
            code="model-checksum",
        )


def _run_options(threads: int | None) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads:
        options.intra_op_num_threads = threads
    return options


def _onnx_runner(session: onnxruntime.InferenceSession) -> Runner:
    name = session.get_inputs()[0].name

    def run(image: Tile) -> Tile:
        return np.asarray(session.run(None, {name: image})[0], dtype=np.float32)

    return run


def bound_runner(session: onnxruntime.InferenceSession, place: str) -> Runner:
    """Return a runner whose tiles lie on the device before the model asks for them.

    The buffer of a tile is made once for each size and filled again; the answer is copied back
    once. Files in half precision are given half precision.

    Parameters
    ----------
    session
        Opened on a provider of ``place``.
    place
        "cuda" or "cpu", as ONNX Runtime names devices.
    """
    source, target = session.get_inputs()[0], session.get_outputs()[0].name
    dtype = np.float16 if source.type == "tensor(float16)" else np.float32
    buffers: dict[tuple[int, ...], onnxruntime.OrtValue] = {}

    def run(image: Tile) -> Tile:
        tile = np.ascontiguousarray(image, dtype=dtype)
        if tile.shape in buffers:
            buffers[tile.shape].update_inplace(tile)
        else:
            buffers[tile.shape] = onnxruntime.OrtValue.ortvalue_from_numpy(tile, place, 0)
        binding = session.io_binding()
        binding.bind_ortvalue_input(source.name, buffers[tile.shape])
        binding.bind_output(target, place)
        session.run_with_iobinding(binding)
        return np.asarray(binding.copy_outputs_to_cpu()[0], dtype=np.float32)

    return run


def _open_cuda(path: Path) -> Session:
    limits = {
        "gpu_mem_limit": CUDA_MEMORY_LIMIT_BYTES,
        "arena_extend_strategy": "kSameAsRequested",
        "cudnn_conv_algo_search": "HEURISTIC",
    }
    providers = [("CUDAExecutionProvider", limits)]
    session = onnxruntime.InferenceSession(str(path), _run_options(None), providers=providers)
    if session.get_providers()[0] != "CUDAExecutionProvider":
        raise ModelError(
            words(
                "The graphics processor that was asked for cannot be used here; choose "
                "--device cpu or repair its driver."
            ),
            code="cuda-unavailable",
            permanent=False,
        )
    runner = bound_runner(session, "cuda")
    return Session(runner, f"onnxruntime {onnxruntime.__version__}", "CUDA")


def _open_openvino(path: Path, threads: int | None, precision: Precision) -> Session:
    core = openvino.Core()
    config: dict[str, str] = {
        "INFERENCE_PRECISION_HINT": precision.value,
        "PERFORMANCE_HINT": "LATENCY",
    }
    if threads:
        config["INFERENCE_NUM_THREADS"] = str(threads)
    request = core.compile_model(core.read_model(str(path)), "CPU", config).create_infer_request()

    def run(image: Tile) -> Tile:
        request.infer([image])
        return np.array(request.get_output_tensor(0).data, dtype=np.float32)

    version = str(openvino.get_version()).split("-")[0]
    return Session(run, f"openvino {version} {precision.value}", "CPU")


def open_onnxruntime_cpu(path: Path, threads: int | None = None) -> Session:
    """Open a model on ONNX Runtime's CPU provider: the fallback and the reference."""
    session = onnxruntime.InferenceSession(
        str(path), _run_options(threads), providers=["CPUExecutionProvider"]
    )
    return Session(_onnx_runner(session), f"onnxruntime {onnxruntime.__version__}", "CPU")


def _open_cpu(path: Path, threads: int | None, precision: Precision) -> Session:
    try:
        return _open_openvino(path, threads, precision)
    except RuntimeError:  # an operator that OpenVINO does not know
        return open_onnxruntime_cpu(path, threads)


@lru_cache(maxsize=4)
def _open(
    path: Path, sha256: str, device: Device, threads: int | None, precision: Precision
) -> Session:
    verify_checksum(path, sha256)
    try:
        if device is Device.CUDA:
            return _open_cuda(path)
        return _open_cpu(path, threads, precision)
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            words(
                "The segmentation model cannot be run on this machine (%(problem)s).",
                problem=str(error),
            ),
            code="model-unusable",
        ) from error


def open_session(
    spec: ModelSpec,
    device: Device = Device.AUTO,
    *,
    threads: int | None = None,
    precision: Precision = Precision.FLOAT32,
) -> Session:
    """Return a warm session of a model, made once a process.

    Parameters
    ----------
    spec
        The model; its checksum is verified before the first load.
    device
        AUTO takes CUDA where a device shows, else the CPU.
    threads
        CPU threads, or None for all.
    precision
        Arithmetic on the CPU.

    Raises
    ------
    ModelError
        If the file was altered or the device cannot run it.
    """
    if device is Device.AUTO:
        device = Device.CUDA if has_cuda() else Device.CPU
    if device is Device.CUDA and not has_cuda():
        raise ModelError(
            words("No graphics processor can be used on this machine; choose --device cpu."),
            code="cuda-unavailable",
            permanent=False,
        )
    return _open(spec.path, spec.sha256, device, threads, precision)
