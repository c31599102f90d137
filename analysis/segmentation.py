"""What a segmentation hands on: labels, confidence and the models behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.errors import GeometryMismatch
from analysis.findings import Finding
from analysis.volume import LabelMap, read_only
from analysis.wording import words


@dataclass(frozen=True, slots=True)
class ModelUse:
    """A segmentation model that was used.

    Parameters
    ----------
    name, version, sha256
        Identity of the model file.
    engine, device
        What ran it ("onnxruntime 1.31.1", "CPU").
    """

    name: str
    version: str
    sha256: str
    engine: str
    device: str


@dataclass(frozen=True, slots=True, eq=False)
class Segmentation:
    """Couinaud segments on the grid of the image that was segmented.

    Parameters
    ----------
    labels
        Segments I-VIII as 1-8.
    confidence
        Expected Dice of the whole-liver mask, 0 to 1, or None when the model gives none.
    uncertainty
        (i, j, k) float32, 0 to 1: probability that liver-or-not is wrong there; or None.
    models
        Models used, in order.
    findings
        What limits trust in the labels.
    agreement
        Least Dice between the livers that the model sees in any two images of the study, 0 to 1, or
        None where it saw one image.
    separation
        How well the images tell confident liver from what surely lies around it: 0.5 (not at all)
        to 1, or None where the outline is the model's alone.
    """

    labels: LabelMap
    confidence: float | None
    uncertainty: npt.NDArray[np.float32] | None
    models: tuple[ModelUse, ...]
    findings: tuple[Finding, ...]
    agreement: float | None = None
    separation: float | None = None

    def __post_init__(self) -> None:
        if self.uncertainty is None:
            return
        uncertainty = read_only(self.uncertainty, np.float32)
        if uncertainty.shape != self.labels.geometry.shape:
            raise GeometryMismatch(
                words("The uncertainty map lies on another grid than the labels."),
                code="geometry-mismatch",
            )
        object.__setattr__(self, "uncertainty", uncertainty)
