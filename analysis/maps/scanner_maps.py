"""The map stage without echoes, and beside them: what the scanner computed, proven or refused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.errors import NoSuitableSeries
from analysis.findings import Finding, Severity
from analysis.maps.body_mask import find_body
from analysis.maps.two_point import fat_signal_fraction, not_pdff_finding
from analysis.maps.vendor_maps import method_of, read_map
from analysis.quantities import Quantity
from analysis.study import Role, SelectedSeries, VendorMap
from analysis.volume import Geometry, QuantityMap
from analysis.wording import Words, listed, plain, words

READABLE = (Role.PDFF_MAP, Role.R2STAR_MAP, Role.T2STAR_MAP)


@dataclass(frozen=True, slots=True, eq=False)
class ScannerMaps:
    """Usable maps of the scanner, one a quantity, with what was noticed."""

    maps: tuple[QuantityMap, ...]
    findings: tuple[Finding, ...]
    words: tuple[Words, ...] = ()  # how the maps came about

    def get(self, quantity: Quantity) -> QuantityMap | None:
        """Return the map of a quantity, or None."""
        return next((m for m in self.maps if m.quantity.key == quantity.key), None)


def scanner_maps(selected: SelectedSeries, own: tuple[QuantityMap, ...] = ()) -> ScannerMaps:
    """Read the scanner's PDFF, R2* and T2* maps, each only if its scale can be proven.

    Parameters
    ----------
    selected
        The study.
    own
        Our own maps, against which the scanner's are checked when there are echoes.
    """
    maps: list[QuantityMap] = []
    findings: list[Finding] = []
    methods: list[Words] = []
    for vendor in selected.vendor_maps:
        if vendor.role not in READABLE:
            continue
        wanted = "PDFF" if vendor.role is Role.PDFF_MAP else "R2*"
        if any(m.quantity.key == wanted for m in maps):
            continue
        ours = next((m for m in own if m.quantity.key == wanted), None)
        read, proof = read_map(vendor, _body(selected, vendor.volume.geometry), ours)
        if read is not None:
            maps.append(read)
            methods.append(method_of(proof))
        findings.append(_finding(vendor, proof.evidence, is_used=read is not None))
    return ScannerMaps(tuple(maps), tuple(findings), tuple(methods))


def _evidence(finding: Finding) -> Words:
    kept = (each for each in finding.words if each.text == finding.evidence)
    return next(kept, plain(finding.evidence))


def maps_without_echoes(selected: SelectedSeries) -> ScannerMaps:
    """Return the scanner's maps, else a fat signal fraction from two echoes.

    Raises
    ------
    NoSuitableSeries
        If there is neither a map whose scale can be proven nor an in-phase and opposed-phase pair.
    """
    found = scanner_maps(selected)
    if found.maps:
        return found
    pair = [
        next((m.volume for m in selected.vendor_maps if m.role is role), None)
        for role in (Role.IN_PHASE, Role.OPPOSED_PHASE)
    ]
    if pair[0] is None or pair[1] is None:
        reasons = words(" (%(reasons)s)", reasons=listed(map(_evidence, found.findings), "; "))
        raise NoSuitableSeries(
            words(
                "The study holds no multi-echo images and no map whose scale could be proven; "
                "send the multi-echo gradient-echo series.%(reasons)s",
                reasons=reasons if found.findings else "",
            ),
            code="no-echoes",
        )
    fraction = fat_signal_fraction(pair[0], pair[1])
    return ScannerMaps((fraction,), (*found.findings, not_pdff_finding()))


def _body(selected: SelectedSeries, geometry: Geometry) -> npt.NDArray[np.bool_] | None:
    image = selected.anatomical_image
    if not image.geometry.matches(geometry):
        return None
    body = find_body(np.maximum(np.nan_to_num(image.array), 0)[None], None)
    return body if body.any() else None


def _finding(vendor: VendorMap, evidence: Words, *, is_used: bool) -> Finding:
    name = str(vendor.role).replace("-map", "").upper()
    if is_used:
        return Finding.of(
            "scanner-map-proven",
            Severity.INFO,
            words("The scale of the scanner's %(name)s map was proven.", name=name),
            evidence,
            stage="map",
        )
    return Finding.of(
        "scanner-map-refused",
        Severity.WARNING,
        words(
            "The scanner's %(name)s map was not used, because its scale could not be proven.",
            name=name,
        ),
        evidence,
        words("Send the multi-echo images the map was computed from."),
        "map",
    )
