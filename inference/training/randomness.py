"""One source of chance for a training sample: scalars on the host, noise on the device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Randomness:
    """Seeded random numbers: the same seed on the same device draws the same sample.

    Parameters
    ----------
    scalars
        Draws parameters.
    noise
        Draws voxels, on the device where images are made.
    """

    scalars: np.random.Generator
    noise: torch.Generator

    @property
    def device(self) -> torch.device:
        """Where noise is made."""
        return self.noise.device

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return bool(self.scalars.random() < probability)

    def uniform(self, low: float, high: float) -> float:
        """Return a number between two limits."""
        return float(self.scalars.uniform(low, high))

    def log_uniform(self, low: float, high: float) -> float:
        """Return a positive number whose logarithm is uniform between those of the limits."""
        return float(np.exp(self.scalars.uniform(np.log(low), np.log(high))))

    def integer(self, low: int, high: int) -> int:
        """Return a whole number from ``low`` to ``high``, both included."""
        return int(self.scalars.integers(low, high + 1))

    def normal_voxels(self, shape: Sequence[int]) -> Tensor:
        """Return standard normal noise of any shape, float32, on the device."""
        return torch.randn(tuple(shape), generator=self.noise, device=self.device)

    def smooth_noise(self, shape: Sequence[int], points: int, channels: int = 1) -> Tensor:
        """Return smooth noise: normal values at control points, interpolated between them.

        Parameters
        ----------
        shape
            (i, j, k) of the result.
        points
            Control points along the longest axis; the others get proportionally fewer.
        channels
            Number of independent fields.

        Returns
        -------
        (channels, i, j, k) float32.
        """
        longest = max(shape)
        control = [max(2, round(points * size / longest)) for size in shape]
        values = self.normal_voxels((1, channels, *control))
        return functional.interpolate(
            values, size=tuple(shape), mode="trilinear", align_corners=True
        )[0]


def seeded(seed: int, device: torch.device) -> Randomness:
    """Return the randomness of a seed on a device."""
    noise = torch.Generator(device=device)
    noise.manual_seed(seed)
    return Randomness(np.random.default_rng(seed), noise)
