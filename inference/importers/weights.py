"""Read the weights of a checkpoint without running what else it may hold."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch

from analysis.errors import ModelError

# Training logs hold numpy numbers; these rebuild them and do nothing else. Both module paths:
# checkpoints name the one of the numpy that wrote them.
_SCALAR = cast("Callable[..., Any]", np.float64(0).__reduce__()[0])
_NUMBERS: tuple[Callable[..., Any] | tuple[Callable[..., Any], str], ...] = (
    (_SCALAR, "numpy.core.multiarray.scalar"),
    (_SCALAR, "numpy._core.multiarray.scalar"),
    np.dtype,
    *(type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64, np.int32, np.bool_)),
)


def _damaged(path: Path) -> ModelError:
    return ModelError(
        f"The checkpoint {path.name} is missing or damaged; copy the model again.",
        code="model-checkpoint-unreadable",
    )


def read_checkpoint(path: Path, *, trust: bool = False) -> dict[str, Any]:
    """Return the content of a checkpoint file.

    Parameters
    ----------
    path
        As ``torch.save`` wrote it.
    trust
        Read it even when it holds more than numbers and plain containers. Such a file can run any
        program while it is read; only for files from a source that you trust.

    Raises
    ------
    ModelError
        If it cannot be read, or holds more than numbers and is not trusted.
    """
    if not path.is_file():
        raise _damaged(path)
    try:
        with torch.serialization.safe_globals(list(_NUMBERS)):
            content = torch.load(path, map_location="cpu", weights_only=not trust)
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"The checkpoint {path.name} is damaged or holds more than weights, and reading it "
            "could run programs hidden in it. If you trust where it comes from, import it again "
            "with --trust.",
            code="model-checkpoint-untrusted",
        ) from error
    except (OSError, EOFError, RuntimeError) as error:
        raise _damaged(path) from error
    if not isinstance(content, dict):
        raise _damaged(path)
    return content


def load_weights(network: torch.nn.Module, weights: dict[str, Any]) -> None:
    """Put weights into a network that was built from a description.

    Raises
    ------
    ModelError
        If they do not fit exactly.
    """
    plain = {name.removeprefix("_orig_mod."): value for name, value in weights.items()}
    try:
        network.load_state_dict(plain, strict=True)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise ModelError(
            "The weights do not fit the network that the model's description names; the model was "
            "trained with a changed network and cannot be imported.",
            code="model-weights-unfit",
        ) from error
