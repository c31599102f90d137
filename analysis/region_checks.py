"""What the measured voxels say about themselves: too few of them, or values no liver can have."""

from __future__ import annotations

import numpy as np

from analysis.anatomy import LIVER, PARTS_OF_4, REGION_BY_KEY
from analysis.findings import Finding, Severity
from analysis.quantities import PDFF, Quantity
from analysis.regions import LiverBox, RegionSamples
from analysis.volume import QuantityMap
from analysis.wording import Words, listed, words

# Below this part of valid voxels the mean stands for the voxels that happened to fit.
FEWEST_VALID = 0.5
FEWEST_VOXELS = 20
# A voxel is implausible when it lies outside the range by more than this many standard errors.
NOISE_WIDTHS = 3.0
MOST_IMPLAUSIBLE = 0.01
UNUSABLE_IMPLAUSIBLE = 0.1
# Liver cells hold less fat than this; adipose tissue reads 80 to 100 %.
ADIPOSE_PDFF_PERCENT = 65.0
# A voxel is doubtful when the other of water and fat is the true one with this probability.
DOUBTFUL_PROBABILITY = 0.1
MOST_DOUBTFUL = 0.01
UNUSABLE_DOUBTFUL = 0.1
_PARTS = {part.key for part in PARTS_OF_4}
MOST_ADIPOSE = 0.01
UNUSABLE_ADIPOSE = 0.03


def coverage_findings(quantity: Quantity, samples: dict[str, RegionSamples]) -> tuple[Finding, ...]:
    """Return a finding when too little of a region could be measured.

    Parameters
    ----------
    quantity
        What was measured.
    samples
        By region.
    """
    poor = [s for s in samples.values() if _is_poor(s)]
    if not poor:
        return ()
    liver_is_poor = any(s.region == LIVER.key for s in poor)
    names = listed(_region_name(s.region) for s in poor)
    evidence = listed(
        words(
            "%(region)s %(n)s of %(all)s voxels",
            region=_region_name(s.region),
            n=s.values.size,
            all=s.n_region,
        )
        for s in poor
    )
    return (
        Finding.of(
            "few-valid-voxels",
            Severity.CRITICAL if liver_is_poor else Severity.WARNING,
            words(
                "%(quantity)s could be measured in only a small part of: %(names)s; its values "
                "there may not stand for the whole region.",
                quantity=quantity.key,
                names=names,
            ),
            evidence=words("valid: %(regions)s", regions=evidence),
            action=words("Look at the map and at the image quality in these regions."),
            stage="quantify",
        ),
    )


def _is_poor(samples: RegionSamples) -> bool:
    if samples.region in _PARTS:  # half a segment may be small
        return samples.valid_fraction < FEWEST_VALID
    return samples.valid_fraction < FEWEST_VALID or samples.values.size < FEWEST_VOXELS


def _region_name(region: str) -> Words:
    if region == LIVER.key:
        return words("whole liver")
    return words("segment %(name)s", name=REGION_BY_KEY[region].name)


def value_findings(quantity: Quantity, liver: RegionSamples) -> tuple[Finding, ...]:
    """Return a finding when the liver holds values that no living liver has, noise allowed for.

    Parameters
    ----------
    quantity
        What was measured, with its plausible range.
    liver
        Valid voxels of the whole liver.
    """
    if liver.values.size == 0:
        return ()
    low, high = quantity.plausible
    noise = 0.0 if liver.variances is None else NOISE_WIDTHS * np.sqrt(liver.variances)
    share = float(np.mean((liver.values < low - noise) | (liver.values > high + noise)))
    mean = float(np.mean(liver.values))
    if share <= MOST_IMPLAUSIBLE and low <= mean <= high:
        return ()
    unusable = share > UNUSABLE_IMPLAUSIBLE or not low <= mean <= high
    return (
        Finding.of(
            "implausible-values",
            Severity.CRITICAL if unusable else Severity.WARNING,
            words(
                "%(quantity)s lies outside %(low)s to %(high)s in %(share)s % of the liver, which "
                "no liver shows.",
                quantity=quantity.key,
                low=quantity.format(low),
                high=quantity.format(high),
                share=f"{100 * share:.1f}",
            ),
            evidence=words(
                "mean %(mean)s, %(share)s % of voxels out of range",
                mean=quantity.format(mean),
                share=f"{100 * share:.1f}",
            ),
            action=words(
                "Check the scale and the echo times of the images; do not use the values as they "
                "are."
            )
            if unusable
            else words("Look at the map where the values stand out."),
            stage="quantify",
        ),
    )


def outline_findings(quantity: Quantity, liver: RegionSamples) -> tuple[Finding, ...]:
    """Return a finding when the outline of the liver holds adipose tissue.

    An outline that runs into the fat around the liver lifts the mean PDFF: one voxel of fat in a
    hundred by about 0.8 points.

    Parameters
    ----------
    quantity
        What was measured; only PDFF tells fat from liver.
    liver
        Valid voxels of the whole liver.
    """
    if quantity.key != PDFF.key or liver.values.size == 0:
        return ()
    adipose = liver.values > ADIPOSE_PDFF_PERCENT
    share = float(np.mean(adipose))
    if share <= MOST_ADIPOSE or adipose.all():
        return ()
    without = float(np.mean(liver.values[~adipose]))
    return (
        Finding.of(
            "outline-includes-fat",
            Severity.CRITICAL if share > UNUSABLE_ADIPOSE else Severity.WARNING,
            words(
                "%(share)s % of the outlined liver reads like fat tissue: the outline runs into "
                "the fat around the liver, and the mean PDFF is too high.",
                share=f"{100 * share:.1f}",
            ),
            evidence=words(
                "mean %(mean)s, %(without)s without voxels above %(limit)s",
                mean=quantity.format(float(np.mean(liver.values))),
                without=quantity.format(without),
                limit=quantity.format(ADIPOSE_PDFF_PERCENT),
            ),
            action=words("Correct the outline; until then read the median and the nine regions."),
            stage="quantify",
        ),
    )


def exchange_findings(ambiguity: QuantityMap | None, box: LiverBox) -> tuple[Finding, ...]:
    """Return a finding when water and fat may be exchanged in part of the liver.

    Parameters
    ----------
    ambiguity
        Probability of an exchange a voxel, or None when the fit gave none.
    box
        The liver.
    """
    if ambiguity is None:
        return ()
    cropped = box.crop(ambiguity)
    doubt = cropped.volume.array[(box.labels > 0) & cropped.valid]
    share = float(np.mean(doubt > DOUBTFUL_PROBABILITY)) if doubt.size else 0.0
    if share <= MOST_DOUBTFUL:
        return ()
    return (
        Finding.of(
            "suspected-swap",
            Severity.CRITICAL if share > UNUSABLE_DOUBTFUL else Severity.WARNING,
            words(
                "Water and fat may be exchanged in %(share)s % of the liver; PDFF there may be the "
                "water fraction instead.",
                share=f"{100 * share:.1f}",
            ),
            evidence=words(
                "probability of an exchange above %(limit)s % in %(share)s % of the liver",
                limit=f"{100 * DOUBTFUL_PROBABILITY:.0f}",
                share=f"{100 * share:.1f}",
            ),
            action=words(
                "Look at the ambiguity map over the liver; send the phase images if they exist."
            ),
            stage="quantify",
        ),
    )
