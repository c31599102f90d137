"""Quality of acquisition and fit: what a reader must know before trusting the maps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.findings import Finding, Severity
from analysis.measurement import MapSet
from analysis.quantities import AMBIGUITY, FIT_RESIDUAL, Quantity
from analysis.signal.gradient_echo import t1_saturation
from analysis.study import Acquisition, MultiEcho
from analysis.wording import listed, words

STAGE = "map"

# T1 of liver water and of fat in ms, after de Bazelaire 2004 (doi:10.1148/radiol.2303021331).
T1_WATER_FAT_MS = ((1.5, 586.0, 343.0), (3.0, 809.0, 382.0))
T1_BIAS_LIMIT = 1.1
LARGEST_RESIDUAL_PERCENT = 10.0
AMBIGUITY_LIMIT = 0.1
NOISE_FLOOR = 4.0
LOST_SHARE_PERCENT = 2.0
GHOST_RATIO = 2.0
GHOST_SHARE = 0.02
AIR_MARGIN = 3
SMALLEST_AIR = 50
# Largest numbers that 8, 10, 12, 14, 15 and 16 bits hold.
FULL_SCALES = (255, 1023, 4095, 16383, 32767, 65535)
CLIPPED_SHARE_PERCENT = 0.2


def fit_findings(
    maps: MapSet,
    body: npt.NDArray[np.bool_],
    sigma: float,
    echoes: MultiEcho,
    acquisition: Acquisition,
) -> tuple[Finding, ...]:
    """Return everything the acquisition and the fit give reason to report.

    Parameters
    ----------
    maps
        Result of the fit, with its ambiguity and residual maps.
    body
        (i, j, k) bool of the voxels that were fitted.
    sigma
        Noise level of one channel, in the unit of the echoes.
    echoes
        The images that were fitted.
    acquisition
        How they were acquired.
    """
    candidates = (
        t1_bias_finding(acquisition),
        echo_finding(echoes, acquisition),
        residual_finding(_values(maps, FIT_RESIDUAL, body)),
        ambiguity_finding(_values(maps, AMBIGUITY, body)),
        noise_floor_finding(echoes, body, sigma),
        ghost_finding(echoes, body),
        clipping_finding(echoes, body),
    )
    return tuple(finding for finding in candidates if finding is not None)


def _values(
    maps: MapSet, quantity: Quantity, body: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    found = maps.get(quantity.key)
    return np.zeros(1, np.float32) if found is None else found.volume.array[body & found.valid]


def t1_bias_factor(acquisition: Acquisition) -> float | None:
    """Return the weight of fat relative to liver water caused by T1, or None if not computable.

    k = f(T1 fat) / f(T1 water) with f the spoiled gradient-echo saturation; apparent fat fraction
    = k p / (k p + 1 - p). None when field strength, repetition time or flip angle is unknown.

    References
    ----------
    Bydder 2008, PMC2386876; T1 values: de Bazelaire 2004, doi:10.1148/radiol.2303021331.
    """
    field, repetition, flip = (
        acquisition.field_strength_t,
        acquisition.repetition_time_ms,
        acquisition.flip_angle_deg,
    )
    if not field or not repetition or not flip:
        return None
    _, water_ms, fat_ms = min(T1_WATER_FAT_MS, key=lambda row: abs(row[0] - field))
    water, fat = t1_saturation([water_ms, fat_ms], repetition, flip)
    return float(fat / water)


def t1_bias_finding(acquisition: Acquisition) -> Finding | None:
    """Return a warning when T1 weighting inflates the fat fraction by more than a tenth."""
    factor = t1_bias_factor(acquisition)
    if factor is None or factor <= T1_BIAS_LIMIT:
        return None
    reads = 100 * 0.1 * factor / (0.1 * factor + 0.9)
    return Finding.of(
        "t1-bias",
        Severity.WARNING,
        words(
            "T1 weighting makes fat look brighter: a true PDFF of 10 % reads about %(reads)s %.",
            reads=f"{reads:.1f}",
        ),
        words(
            "flip angle %(flip)s°, TR %(repetition)s ms, bias factor %(factor)s",
            flip=f"{acquisition.flip_angle_deg:g}",
            repetition=f"{acquisition.repetition_time_ms:g}",
            factor=f"{factor:.2f}",
        ),
        words("Lower the flip angle (3° at 3 T, 5° at 1.5 T) or read the T1-corrected value."),
        STAGE,
    )


def echo_finding(echoes: MultiEcho, acquisition: Acquisition) -> Finding | None:
    """Return a warning when the echo times are ill-suited to fat or to iron."""
    times = echoes.echo_times_ms
    reasons = []
    if times.size == 3:
        reasons.append(words("three echoes leave no residual to judge the fit by"))
    if times[0] > 3.0:
        reasons.append(
            words(
                "the first echo comes late (%(time)s ms): high iron is not measurable",
                time=f"{times[0]:.2f}",
            )
        )
    field = acquisition.field_strength_t or 0.0
    if field and times[-1] - times[0] < 4.0 * 1.5 / field:
        reasons.append(
            words("the echoes span only %(span)s ms", span=f"{times[-1] - times[0]:.1f}")
        )
    if not reasons:
        return None
    return Finding.of(
        "echoes-unsuitable",
        Severity.WARNING,
        words(
            "The echo times are not well suited to measuring fat and iron; uncertainty is larger."
        ),
        listed(reasons, "; "),
        words("Use six echoes: first near 1.2 ms, spaced by about 2 ms at 1.5 T or 1 ms at 3 T."),
        STAGE,
    )


def residual_finding(residual_percent: npt.NDArray[np.float32]) -> Finding | None:
    """Return a warning when the signal model does not describe the images.

    ``residual_percent`` holds one root mean square residual a voxel, in % of its first echo.
    """
    residual = float(np.median(residual_percent)) if residual_percent.size else 0.0
    if residual <= LARGEST_RESIDUAL_PERCENT:
        return None
    return Finding.of(
        "fit-residual",
        Severity.WARNING,
        words(
            "The images do not follow the expected signal of fat and water over the echoes; "
            "fat fraction and R2* may be wrong."
        ),
        words("median residual %(residual)s % of the first echo", residual=f"{residual:.0f}"),
        words("Check the echo times and look for motion; repeat the breath-hold if it moved."),
        STAGE,
    )


def ambiguity_finding(ambiguity: npt.NDArray[np.float32]) -> Finding | None:
    """Return a warning when in many voxels water and fat can hardly be told apart.

    ``ambiguity`` holds one probability of an exchange a voxel.
    """
    share = 100 * float(np.mean(ambiguity > AMBIGUITY_LIMIT)) if ambiguity.size else 0.0
    if share <= 5.0:
        return None
    return Finding.of(
        "water-fat-ambiguous",
        Severity.WARNING,
        words("In part of the body water and fat could be exchanged; look at the ambiguity map."),
        words(
            "%(share)s % of the body has a probability of exchange above %(limit)s %",
            share=f"{share:.0f}",
            limit=f"{100 * AMBIGUITY_LIMIT:.0f}",
        ),
        words("Send the phase images of the same acquisition, if they exist."),
        STAGE,
    )


def noise_floor_finding(
    echoes: MultiEcho, body: npt.NDArray[np.bool_], sigma: float
) -> Finding | None:
    """Return a warning when tissue that shows in the first echo is lost in the second.

    Lung and gas are dark from the first echo on and do not count. ``sigma`` is the noise level of
    one channel, in the unit of the echoes.
    """
    first, second = echoes.magnitude[0][body], echoes.magnitude[1][body]
    is_lost = (first > 2 * NOISE_FLOOR * sigma) & (second < NOISE_FLOOR * sigma)
    share = 100 * float(np.mean(is_lost))
    if share <= LOST_SHARE_PERCENT:
        return None
    return Finding.of(
        "noise-floor",
        Severity.WARNING,
        words(
            "Part of the body is as dark as noise from the second echo on; R2* is uncertain there."
        ),
        words(
            "%(share)s % of the body below %(times)s times the noise at %(echo)s ms",
            share=f"{share:.0f}",
            times=f"{NOISE_FLOOR:g}",
            echo=f"{echoes.echo_times_ms[1]:.2f}",
        ),
        words("Use a shorter first echo and closer echoes, or the 1.5 T scanner, for high iron."),
        STAGE,
    )


def ghost_finding(echoes: MultiEcho, body: npt.NDArray[np.bool_]) -> Finding | None:
    """Return a warning when the air beside the body is much brighter along one image axis.

    Motion during the breath-hold repeats the body along the phase-encoding axis only, so the air in
    the extension of the body along one axis is compared with that along the other.
    """
    air = ~ndimage.binary_dilation(body, iterations=AIR_MARGIN)
    rows = body.any(axis=(1, 2), keepdims=True)
    columns = body.any(axis=(0, 2), keepdims=True)
    first = echoes.magnitude[0]
    beside = (air & rows & ~columns, air & ~rows & columns)
    if min(np.count_nonzero(part) for part in beside) < SMALLEST_AIR:
        return None
    means = sorted(float(first[part].mean()) for part in beside)
    level = float(first[body].mean())
    if means[1] <= GHOST_RATIO * means[0] or means[1] - means[0] <= GHOST_SHARE * level:
        return None
    return Finding.of(
        "ghosting",
        Severity.WARNING,
        words(
            "Repetitions of the body in the air suggest motion during the scan; fat fraction and "
            "R2* may be wrong where they cross the liver."
        ),
        words(
            "air beside the body reaches %(more)s % of the body's signal along one axis and "
            "%(less)s % along the other",
            more=f"{100 * means[1] / level:.0f}",
            less=f"{100 * means[0] / level:.0f}",
        ),
        words("Repeat the series with a well-held breath."),
        STAGE,
    )


def clipping_finding(echoes: MultiEcho, body: npt.NDArray[np.bool_]) -> Finding | None:
    """Return a warning when bright tissue is stored as the largest number of its data type."""
    first = echoes.magnitude[0][body]
    highest = float(first.max(initial=0.0))
    if highest not in FULL_SCALES:
        return None
    share = 100 * float(np.mean(first == highest))
    if share <= CLIPPED_SHARE_PERCENT:
        return None
    return Finding.of(
        "values-clipped",
        Severity.WARNING,
        words(
            "Bright tissue is cut off at the largest number that the images can store; fat "
            "fraction and R2* are too low or too high there."
        ),
        words(
            "%(share)s % of the body at exactly %(highest)s in the first echo",
            share=f"{share:.1f}",
            highest=f"{highest:.0f}",
        ),
        words("Export the series again with a smaller image scale."),
        STAGE,
    )
