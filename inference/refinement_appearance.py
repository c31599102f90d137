"""How this patient's liver looks in these images, and how what lies around it looks."""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import kmeans2
from scipy.special import logsumexp

from inference.refinement_features import Array, Mask, Spacing, local_mean

Vectors = npt.NDArray[np.float64]
DEGREES_OF_FREEDOM = 4.0
"""Of the Student densities: heavy tails, as no tissue is quite a Gaussian."""
TISSUES = 10
MOST_SAMPLES = 8000
ROUNDS = 20
FARTHEST = 30.0
BRIGHTNESS_WIDTH_MM, RATIO_WIDTH_MM = 50.0, 80.0
UNKNOWN_SHARE, UNKNOWN_SPREAD = 0.1, 10.0
"""Tissue that the surroundings did not show: anything within ten times the liver's own spread."""
_SEED = 20261120
_LEAST_VARIANCE = 1e-6
_WIDER = 1.1
_LEAST_SHARE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Cluster:
    """A tissue as a cloud of feature vectors.

    Parameters
    ----------
    share
        Of the samples, 0 to 1.
    centre
        (channel,).
    covariance
        (channel, channel).
    """

    share: float
    centre: Vectors
    covariance: Vectors


def squared_distance(vectors: Vectors, cluster: Cluster) -> tuple[Vectors, float]:
    """Return the squared Mahalanobis distance of vectors (n, channel), and log det covariance."""
    lower = np.linalg.cholesky(cluster.covariance)
    turned = (vectors - cluster.centre) @ np.linalg.inv(lower).T
    return np.square(turned).sum(axis=1), float(2 * np.log(np.diag(lower)).sum())


def log_student(vectors: Vectors, cluster: Cluster) -> Vectors:
    """Return the log density of a multivariate Student distribution with four degrees of freedom.

    References
    ----------
    Peel and McLachlan 2000, robust mixtures by t distributions, doi:10.1023/A:1008981510081.
    """
    squared, log_det = squared_distance(vectors, cluster)
    free, channels = DEGREES_OF_FREEDOM, cluster.centre.size
    constant = (
        lgamma((free + channels) / 2) - lgamma(free / 2) - channels / 2 * np.log(free * np.pi)
    )
    result: Vectors = constant - log_det / 2 - (free + channels) / 2 * np.log1p(squared / free)
    return result


def _expected(channels: int, widths: float) -> float:
    """Return the chi-square value so many standard deviations above its mean."""
    return float(channels + widths * np.sqrt(2 * channels))


def main_cluster(vectors: Vectors) -> tuple[Cluster, Mask]:
    """Return the one dense cluster of vectors, and who belongs to it; outliers do not count.

    Starts at the median and trims four times what lies too far, so that vessels, lesions and a
    leak of the outline in the sample change little.

    Parameters
    ----------
    vectors
        (n, channel).
    """
    channels = vectors.shape[1]
    centre = np.median(vectors, axis=0)
    spread = 1.4826 * np.median(np.abs(vectors - centre), axis=0)
    cluster = Cluster(1.0, centre, np.diag(spread**2 + _LEAST_VARIANCE))
    kept = np.ones(len(vectors), bool)
    for _ in range(4):
        squared, _ = squared_distance(vectors, cluster)
        typical = float(np.median(squared)) / max(channels - 2 / 3, 0.45)
        kept = squared <= typical * _expected(channels, 2.5)
        cluster = _cluster_of(vectors[kept])
    return cluster, kept


def _cluster_of(vectors: Vectors) -> Cluster:
    channels = vectors.shape[1]
    covariance = np.cov(vectors.T).reshape(channels, channels) * _WIDER
    return Cluster(1.0, vectors.mean(axis=0), covariance + np.eye(channels) * _LEAST_VARIANCE)


def beside_liver(features: Array, core: Mask, spacing_mm: Spacing) -> Array:
    """Return features relative to the liver nearby, in units of the spread inside the liver.

    Parameters
    ----------
    features
        (channel, i, j, k) of ``refinement_features.signals``.
    core
        (i, j, k) bool, confident liver; outliers in it are left out.
    spacing_mm
        Of the grid.

    Returns
    -------
    (channel, i, j, k) float32: mean 0 and unit covariance in the liver, limited to +-30.
    """
    inside = features[:, core].T.astype(np.float64)
    cluster, kept = main_cluster(inside)
    relative = inside
    for _ in range(2):
        weight = np.zeros(core.shape, np.float32)
        weight[core] = kept
        usual = np.concatenate(
            [
                local_mean(features[:1], weight, BRIGHTNESS_WIDTH_MM, spacing_mm),
                local_mean(features[1:], weight, RATIO_WIDTH_MM, spacing_mm),
            ]
        )
        relative = (features - usual)[:, core].T.astype(np.float64)
        squared, _ = squared_distance(
            relative, Cluster(1.0, 0 * cluster.centre, cluster.covariance)
        )
        kept = squared <= _expected(relative.shape[1], 3.5)
        if np.count_nonzero(kept) <= 2 * relative.shape[1]:
            kept = np.ones(len(relative), bool)
        cluster = _cluster_of(relative[kept])
    whiten = np.linalg.inv(np.linalg.cholesky(cluster.covariance)).astype(np.float32)
    result: Array = np.tensordot(whiten, features - usual, axes=1)
    return np.clip(result, -FARTHEST, FARTHEST)


def mixture(vectors: Vectors, count: int = TISSUES) -> tuple[Cluster, ...]:
    """Return tissues that together explain vectors: a Gaussian mixture by expectation-maximisation.

    Parameters
    ----------
    vectors
        (n, channel); the unit is the spread inside the liver, whose noise every tissue shares.
    count
        Number of tissues.

    References
    ----------
    Dempster, Laird and Rubin 1977, doi:10.1111/j.2517-6161.1977.tb01600.x.
    """
    channels = vectors.shape[1]
    centres, nearest = kmeans2(vectors, count, minit="++", iter=8, rng=_SEED, missing="warn")
    members = np.eye(count)[nearest] + 1e-3
    clusters: tuple[Cluster, ...] = ()
    for _ in range(ROUNDS):
        sizes = members.sum(axis=0)
        centres = (members.T @ vectors) / sizes[:, None]
        clusters = tuple(
            Cluster(float(size / sizes.sum()), centre, _scatter(vectors - centre, member, channels))
            for size, centre, member in zip(sizes, centres, members.T, strict=True)
        )
        members = np.exp(_log_shares(vectors, clusters)) + 1e-9
    return clusters


def _scatter(differences: Vectors, member: Vectors, channels: int) -> Vectors:
    total: Vectors = (member[:, None] * differences).T @ differences / member.sum()
    return total + np.eye(channels)


def _log_shares(vectors: Vectors, clusters: tuple[Cluster, ...]) -> Vectors:
    """Return the log probability of each tissue for each vector, (n, tissue)."""
    logs = np.empty((len(vectors), len(clusters)))
    for index, cluster in enumerate(clusters):
        squared, log_det = squared_distance(vectors, cluster)
        logs[:, index] = np.log(max(cluster.share, _LEAST_SHARE)) - (squared + log_det) / 2
    result: Vectors = logs - logsumexp(logs, axis=1, keepdims=True)
    return result


def log_likelihood_ratio(relative: Array, asked: Mask, around: Mask) -> Array:
    """Return how much more a voxel looks like this liver than like what lies around it.

    log p(liver) - log p(surroundings), the liver one Student density, the surroundings several.

    Parameters
    ----------
    relative
        (channel, i, j, k) of ``beside_liver``.
    asked
        (i, j, k) bool, the voxels that are wanted.
    around
        (i, j, k) bool, voxels that are surely no liver, near it; not empty.

    Returns
    -------
    (n,) float32 of the voxels of ``asked``.
    """
    channels = len(relative)
    outside = relative[:, around].T.astype(np.float64)
    chosen = np.random.default_rng(_SEED).permutation(len(outside))[:MOST_SAMPLES]
    unknown = Cluster(UNKNOWN_SHARE, np.zeros(channels), UNKNOWN_SPREAD**2 * np.eye(channels))
    surroundings = (*mixture(outside[chosen]), unknown)
    vectors = relative[:, asked].T.astype(np.float64)
    liver = log_student(vectors, Cluster(1.0, np.zeros(channels), np.eye(channels)))
    other = np.full(len(vectors), -np.inf)
    for cluster in surroundings:
        tissue = np.log(max(cluster.share, _LEAST_SHARE)) + log_student(vectors, cluster)
        other = np.logaddexp(other, tissue)
    return np.asarray(liver - other, dtype=np.float32)
