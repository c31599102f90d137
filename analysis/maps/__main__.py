"""Fat and iron maps for physicists: ``python -m analysis.maps INPUT --out DIR``.

Reads DICOM or NIfTI with side-cars (one file an echo, or a 4-D file), fits, and writes every map
with its standard error as NIfTI, and ``fit.json`` with how it was done and what was noticed.
Exit status 0: done; 2: the input cannot be used, with one sentence on standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import nibabel as nib
import numba
import numpy as np
import numpy.typing as npt
import scipy

from analysis.errors import AnalysisError, GeometryMismatch, OutputFailed, UnusableInput
from analysis.ingest.options import ReadOptions
from analysis.ingest.study_reader import read_study
from analysis.iron import DEFAULT_FAMILY, FAMILIES
from analysis.maps.fat_water import METHODS
from analysis.maps.mapping import MapOptions, compute_maps
from analysis.measurement import MapSet
from analysis.nifti import encode_nifti
from analysis.quantities import FIELD_MAP, R2STAR
from analysis.series_selection import select_series
from analysis.signal.fat_spectrum import BY_KEY as SPECTRA
from analysis.signal.fat_spectrum import SIX_PEAK
from analysis.study import SelectedSeries
from analysis.volume import Geometry, QuantityMap

UNUSABLE = 2
STEMS = {R2STAR.key: "r2star", FIELD_MAP.key: "field_map_hz"}
_load: Any = nib.load  # nibabel carries no annotations


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit status."""
    chosen = _parser().parse_args(arguments)
    try:
        maps = _compute(chosen)
        written = _write(maps, chosen.out)
    except AnalysisError as error:
        print(error.message, file=sys.stderr)
        return UNUSABLE
    print(f"{maps.method}: {len(written)} files in {chosen.out}")
    for finding in maps.findings:
        print(f"{finding.severity}: {finding.message} ({finding.evidence})")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m analysis.maps", description=__doc__)
    parser.add_argument("input", metavar="INPUT", type=Path, help="folder, ZIP or NIfTI file")
    parser.add_argument("--out", metavar="DIR", type=Path, required=True)
    parser.add_argument("--method", choices=METHODS, default="auto")
    parser.add_argument("--mask", metavar="FILE", type=Path, help="NIfTI: fit only where it is > 0")
    parser.add_argument("--spectrum", choices=sorted(SPECTRA), default=SIX_PEAK.key)
    parser.add_argument("--iron-calibration", choices=FAMILIES, default=DEFAULT_FAMILY)
    parser.add_argument("--field-strength", metavar="TESLA", type=float)
    parser.add_argument("--echo-times", metavar="MS", help="such as 1.2,2.2,3.2", default="")
    parser.add_argument("--t1-correction", action="store_true", help="free PDFF from T1 weighting")
    return parser


def _compute(chosen: argparse.Namespace) -> MapSet:
    times = tuple(float(part) for part in chosen.echo_times.split(",") if part)
    reading = ReadOptions(echo_times_ms=times, field_strength_t=chosen.field_strength)
    selected = select_series(read_study(chosen.input, options=reading))
    options = MapOptions(
        method=chosen.method,
        spectrum=SPECTRA[chosen.spectrum],
        iron_calibration=chosen.iron_calibration,
        field_strength_t=chosen.field_strength,
        with_t1_correction=chosen.t1_correction,
    )
    mask = None if chosen.mask is None else _read_mask(chosen.mask, selected)
    return compute_maps(selected, options, mask)


def _read_mask(path: Path, selected: SelectedSeries) -> npt.NDArray[np.bool_]:
    try:
        image = _load(path)
        values, affine = np.asarray(image.dataobj), image.affine
    except (OSError, nib.filebasedimages.ImageFileError) as error:
        raise UnusableInput(
            f"The mask {path.name} cannot be read as NIfTI.", code="mask-unreadable"
        ) from error
    if selected.echoes is None:
        raise UnusableInput("A mask needs multi-echo images to be fitted.", code="mask-not-used")
    if values.ndim != 3:
        raise GeometryMismatch(f"The mask {path.name} is not 3-D.", code="geometry-mismatch")
    selected.echoes.geometry.require_match(Geometry(values.shape, affine))
    result: npt.NDArray[np.bool_] = values > 0
    return result


def _write(maps: MapSet, folder: Path) -> list[str]:
    """Write all files; return their names."""
    files = {f"{stem}.nii.gz": data for stem, data in _images(maps)}
    files["fit.json"] = json.dumps(_description(maps), indent=2, ensure_ascii=False).encode()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise OutputFailed(
            f"The maps could not be written to {folder}: {error.strerror}.", code="output-failed"
        ) from error
    return list(files)


def _images(maps: MapSet) -> list[tuple[str, bytes]]:
    images = []
    for found in maps.maps:
        stem = STEMS.get(found.quantity.key, found.quantity.key.lower())
        images.append((stem, _nifti(found.volume.array, found, "map")))
        if found.standard_error is not None:
            error = np.where(found.valid, found.standard_error, np.float32(0))
            images.append((f"{stem}_standard_error", _nifti(error, found, "standard error")))
    first = maps.maps[0]
    valid = first.valid.astype(np.uint8)
    images.append(("valid", encode_nifti(valid, first.geometry, "1 where the fit may be used")))
    return images


def _nifti(values: npt.NDArray[np.float32], found: QuantityMap, what: str) -> bytes:
    return encode_nifti(
        values, found.geometry, f"{found.quantity.key} {what}, {found.quantity.ucum}"
    )


def _description(maps: MapSet) -> dict[str, Any]:
    """Return what ``fit.json`` holds."""
    return {
        "method": maps.method,
        "details": dict(maps.details),
        "maps": [_summary(found) for found in maps.maps],
        "findings": [{**asdict(f), "severity": str(f.severity)} for f in maps.findings],
        "software": {
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "numba": numba.__version__,
        },
    }


def _summary(found: QuantityMap) -> dict[str, Any]:
    values = found.volume.array[found.valid]
    summary: dict[str, Any] = {
        "quantity": found.quantity.key,
        "unit": found.quantity.unit,
        "method": found.method,
        "valid_voxels": int(values.size),
    }
    if values.size:
        summary["median"] = float(np.median(values))
    return summary


if __name__ == "__main__":
    sys.exit(main())
