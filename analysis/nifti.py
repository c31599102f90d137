"""An array on a grid as a NIfTI-1 file: RAS+ affine in mm, no time stamp."""

from __future__ import annotations

import gzip
from typing import Any

import nibabel as nib
import numpy.typing as npt

from analysis.volume import Geometry

_Nifti1Image: Any = nib.Nifti1Image  # nibabel carries no annotations
_DESCRIP_BYTES = 79  # the header field holds 80 with its closing zero
_FASTEST = 1  # noise does not compress: higher levels cost seconds and win a few per cent
_SCANNER_SPACE = 1


def encode_nifti(array: npt.NDArray[Any], geometry: Geometry, description: str) -> bytes:
    """Return a gzipped NIfTI-1 file; the same input gives the same bytes.

    Parameters
    ----------
    array
        (i, j, k), float32, int16 or uint8.
    geometry
        The grid; its RAS+ affine is written as sform and, as far as that can hold it, qform.
    description
        Goes into ``descrip``, cut to 79 ASCII characters.
    """
    image: Any = _Nifti1Image(array, geometry.affine)
    image.set_sform(geometry.affine, code=_SCANNER_SPACE)
    image.set_qform(geometry.affine, code=_SCANNER_SPACE)
    image.header.set_xyzt_units("mm")
    ascii_text = description.encode("ascii", "replace")[:_DESCRIP_BYTES]
    image.header["descrip"] = ascii_text
    return gzip.compress(image.to_bytes(), compresslevel=_FASTEST, mtime=0)
