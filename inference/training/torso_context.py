"""A whole-body tissue map from the labelled torso CT: every voxel gets a tissue, not only organs.

The CT's labels name about 62 structures (TotalSegmentator v2 numbering). What they leave open is
told apart by CT number, hollow organs are split into wall, content and gas, and bones into cortex
and marrow. The scan ends below the top of the liver; ``upper_body`` adds what is missing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from analysis.simulation.tissues import BY_NAME
from inference.training.label_files import read_canonical, read_labels
from inference.training.tissue_map import TissueMap, largest_component

LIVER = 1
"""The context's own liver: one value, always replaced by a real, segmented liver."""

AIR_HU = -300.0
FAT_HU = (-200.0, -25.0)
CORTEX_HU = 300.0

ORGANS: dict[str, tuple[int, ...]] = {
    "spleen": (1,),
    "kidney": (2, 3),
    "gallbladder": (4,),
    "pancreas": (7,),
    "other_soft_tissue": (8, 9, 15, 22),
    "lung": (10, 11, 12, 13, 14),
    "cyst_fluid": (21,),
    "heart": (51,),
    "large_vessel": (52, 63, 64, 65, 66, 67, 68),
    "spinal_cord": (79,),
    "muscle": tuple(range(80, 90)),
    "cartilage": (117,),
}
BONES: tuple[int, ...] = (*range(25, 51), *range(69, 79), *range(92, 117))
HOLLOW: dict[str, tuple[int, ...]] = {"stomach": (6,), "bowel": (18, 19, 20)}


def value(name: str) -> int:
    """Return the label value of a tissue by its name in the tissue table."""
    return BY_NAME[name].value


def _body(hu: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Find the body without the table: opened, largest part, holes filled slice by slice."""
    solid = ndimage.binary_opening(hu > AIR_HU, iterations=2)
    body = largest_component(solid)
    body = ndimage.binary_dilation(body, iterations=1) & (hu > AIR_HU)
    filled = np.stack([ndimage.binary_fill_holes(part) for part in np.moveaxis(body, 2, 0)], 2)
    result: npt.NDArray[np.bool_] = filled
    return result


def _unlabelled(hu: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Tissue of body voxels by CT number alone."""
    edges = [AIR_HU, FAT_HU[1], 160.0, CORTEX_HU]
    names = ("bowel_gas", "visceral_fat", "muscle", "bone_marrow", "cortical_bone")
    table = np.array([value(name) for name in names], dtype=np.uint8)
    return table[np.digitize(hu, edges)]


def _deep(lean: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Fill the muscle wall slice by slice: fat inside it is visceral."""
    disc = ndimage.iterate_structure(ndimage.generate_binary_structure(2, 1), 6)
    closed = [
        ndimage.binary_fill_holes(ndimage.binary_closing(np.pad(part, 8), disc))[8:-8, 8:-8]
        for part in np.moveaxis(lean, 2, 0)
    ]
    result: npt.NDArray[np.bool_] = np.stack(closed, 2)
    return result


def _paint_organs(
    tissue: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint8], hu: npt.NDArray[np.float32]
) -> None:
    for name, members in ORGANS.items():
        tissue[np.isin(codes, members)] = value(name)
    bone = np.isin(codes, BONES)
    tissue[bone] = np.where(hu[bone] > CORTEX_HU, value("cortical_bone"), value("bone_marrow"))
    for name, members in HOLLOW.items():
        organ = np.isin(codes, members)
        inside = ndimage.binary_erosion(organ, border_value=1)
        tissue[organ] = value(f"{name}_wall")
        tissue[inside] = value(f"{name}_content")
        tissue[organ & (hu < AIR_HU)] = value("bowel_gas")
    tissue[codes == 5] = LIVER


def torso_tissues(folder: Path) -> TissueMap:
    """Return the tissue map of the torso CT on its own grid.

    Parameters
    ----------
    folder
        Holds ``ct.nii.gz`` (HU) and ``labels.nii.gz`` (TotalSegmentator v2 numbering), both with
        axes along the patient's.
    """
    source = read_labels(folder / "labels.nii.gz")
    image = read_canonical(folder / "ct.nii.gz")
    hu = np.asarray(image.dataobj, dtype=np.float32)
    body = _body(hu) | (source.labels > 0)
    tissue = np.where(body, _unlabelled(hu), value("background")).astype(np.uint8)
    _paint_organs(tissue, source.labels, hu)
    fat = tissue == value("visceral_fat")
    # The border of the scan is no skin: erosion must not see air beyond it (border_value).
    deep = _deep(body & ~fat & ndimage.binary_erosion(body, iterations=2, border_value=1))
    tissue[fat & ~deep] = value("subcutaneous_fat")
    tissue[body & ~ndimage.binary_erosion(body, border_value=1)] = value("skin")
    return TissueMap(tissue, source.geometry)
