"""The network: a three-dimensional encoder-decoder of five levels with deep supervision.

The shape is that of the founding paper (Jimenez-Pastor 2021: encoder and decoder of convolutional
blocks, deep supervision), small enough for two CPU cores.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

CLASSES = 9
CHANNELS = (8, 24, 48, 96, 128)


class InstanceNorm(nn.InstanceNorm3d):
    """Instance normalisation that leaves a single sample in the layout it came in.

    Of one sample it is batch normalisation, which needs no copies to the contiguous layout and
    back: on a CPU a training step with channels last takes an eighth less time.
    """

    def forward(self, features: Tensor) -> Tensor:
        """Return features (batch, channel, i, j, k), each channel of mean 0 and variance 1."""
        if features.shape[0] != 1:
            return super().forward(features)
        return functional.batch_norm(
            features, None, None, self.weight, self.bias, training=True, eps=self.eps
        )


def _convolution(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(before, after, 3, stride=stride, padding=1, bias=False),
        InstanceNorm(after, affine=True),
        nn.LeakyReLU(0.01, inplace=True),
    )


class Block(nn.Sequential):
    """Two convolutions; the first may halve the resolution."""

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__(_convolution(before, after, stride), _convolution(after, after, 1))


class SegmentNetwork(nn.Module):
    """Image to logits of background and the eight Couinaud segments.

    Parameters
    ----------
    channels
        Feature channels from the finest to the coarsest level. Every spatial size must be a
        multiple of 2 ** (levels - 1).
    """

    def __init__(self, channels: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        self.channels = channels
        pairs = list(zip(channels[:-1], channels[1:], strict=True))
        self.stem = Block(1, channels[0])
        self.encoder = nn.ModuleList(Block(fine, coarse, stride=2) for fine, coarse in pairs)
        self.decoder = nn.ModuleList(Block(coarse + fine, fine) for fine, coarse in pairs[::-1])
        self.heads = nn.ModuleList(nn.Conv3d(fine, CLASSES, 1) for fine, _ in pairs[::-1])

    @property
    def divisor(self) -> int:
        """Every spatial size of the input must be a multiple of this."""
        return int(2 ** (len(self.channels) - 1))

    def multi_scale(self, image: Tensor) -> list[Tensor]:
        """Return logits from the coarsest decoder level to full resolution.

        Parameters
        ----------
        image
            (batch, 1, i, j, k), 0-1.
        """
        features = [self.stem(image)]
        for block in self.encoder:
            features.append(block(features[-1]))
        current = features.pop()
        logits = []
        for block, head in zip(self.decoder, self.heads, strict=True):
            skip = features.pop()
            larger = functional.interpolate(current, scale_factor=2.0, mode="nearest")
            current = block(torch.cat([larger, skip], dim=1))
            logits.append(head(current))
        return logits

    def forward(self, image: Tensor) -> Tensor:
        """Return logits (batch, 9, i, j, k) at full resolution."""
        result: Tensor = self.multi_scale(image)[-1]
        return result


@dataclass(frozen=True, slots=True)
class LossWeights:
    """Weights of the parts of the loss.

    ``liver_entropy`` is cross-entropy over the liver's voxels alone: they are few, and which
    segment they belong to is learned much sooner with it.
    """

    cross_entropy: float = 1.0
    liver_entropy: float = 0.5
    segment_dice: float = 1.0
    liver_dice: float = 1.0
    levels: tuple[float, ...] = (0.25, 0.5, 1.0)


def _soft_dice(probability: Tensor, truth: Tensor) -> Tensor:
    """Dice over space of (batch, class, i, j, k) shares; absent classes count if predicted."""
    axes = (0, 2, 3, 4)
    overlap = (probability * truth).sum(axes)
    total = probability.sum(axes) + truth.sum(axes)
    return (2 * overlap + 10.0) / (total + 10.0)


def level_loss(logits: Tensor, truth: Tensor, weights: LossWeights) -> Tensor:
    """Cross-entropy, mean segment Dice and whole-liver Dice at one resolution.

    Parameters
    ----------
    logits
        (batch, 9, i, j, k).
    truth
        (batch, i, j, k) int64, 0-8.
    weights
        Weights of the parts.
    """
    logits = logits.float()
    probability = logits.softmax(dim=1)
    one_hot = functional.one_hot(truth, CLASSES).movedim(-1, 1).to(probability.dtype)
    entropy = functional.cross_entropy(logits, truth, reduction="none")
    inside = (truth > 0).to(entropy.dtype)
    in_liver = (entropy * inside).sum() / inside.sum().clamp(min=1)
    segments = 1 - _soft_dice(probability[:, 1:], one_hot[:, 1:]).mean()
    liver = 1 - _soft_dice(1 - probability[:, :1], 1 - one_hot[:, :1]).mean()
    return (
        weights.cross_entropy * entropy.mean()
        + weights.liver_entropy * in_liver
        + weights.segment_dice * segments
        + weights.liver_dice * liver
    )


def deep_loss(logits: list[Tensor], truth: Tensor, weights: LossWeights) -> Tensor:
    """Return the weighted mean of the losses at the finest levels (deep supervision).

    Parameters
    ----------
    logits
        As from ``SegmentNetwork.multi_scale``.
    truth
        (batch, i, j, k) int64 at full resolution; coarser levels see every second voxel.
    weights
        Weights of parts and levels, coarse to fine.
    """
    total = torch.zeros((), device=truth.device)
    shares = weights.levels[-len(logits) :]
    for level, weight in zip(logits[-len(shares) :], shares, strict=True):
        step = truth.shape[1] // level.shape[2]
        total = total + weight * level_loss(level, truth[:, ::step, ::step, ::step], weights)
    return total / sum(shares)
