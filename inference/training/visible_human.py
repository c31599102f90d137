"""Whole-body tissue maps from the Visible Human organ meshes, completed where no mesh exists.

The meshes give skin and organs. Fat, muscle wall, spine, ribs, lungs, great vessels and stomach
are drawn in from simple rules: a surrounding for livers, not an atlas.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import trimesh
from scipy import ndimage

from inference.training.tissue_map import TissueMap, axis_aligned, largest_component
from inference.training.torso_context import LIVER, value

SPACING_MM = 3.0
TO_RAS = np.array([[-1.0, 0, 0], [0, 0, 1.0], [0, 1.0, 0]])
"""The meshes' axes (left, superior, anterior) to right, anterior, superior."""

BELOW_LIVER_MM, ABOVE_LIVER_MM = 200.0, 110.0
HALF_WIDTH_MM = 270.0
SKIN_MM, FAT_MM, WALL_MM = 3.0, 17.0, 14.0
RIB_PERIOD_MM, RIB_SHARE, RIB_SLOPE = 27.0, 0.38, 0.35

ORGANS: tuple[tuple[str, str], ...] = (
    ("*_Heart.glb", "heart"),
    ("*_Spleen.glb", "spleen"),
    ("*_Pancreas.glb", "pancreas"),
    ("*_Kidney_L.glb", "kidney"),
    ("*_Kidney_R.glb", "kidney"),
    ("*_Gallbladder.glb", "gallbladder"),
)
BOWEL = ("*_Small_Intestine.glb", "*_Intestine_Large.glb")
NOT_ORGANS = ("Blood_Vasculature", "Ducts_of")

Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The grid that meshes are drawn on: first voxel's centre in RAS mm, and its shape."""

    origin_mm: Array
    shape: tuple[int, int, int]

    def positions(self) -> Array:
        """Return (3, i, j, k) RAS mm."""
        grid = np.indices(self.shape, dtype=np.float64) * SPACING_MM
        return grid + self.origin_mm.reshape(3, 1, 1, 1)


def read_surface(path: Path) -> Array:
    """Return points that cover a mesh's surface more densely than the grid, (n, 3) RAS mm."""
    mesh = trimesh.load_mesh(path)
    vertices, _ = trimesh.remesh.subdivide_to_size(  # type: ignore[no-untyped-call]
        np.asarray(mesh.vertices) * 1000, mesh.faces, max_edge=SPACING_MM * 0.7, max_iter=12
    )
    points: Array = vertices @ TO_RAS.T
    return points


def draw(points: Array, frame: Frame) -> Mask:
    """Return the solid that a surface encloses: closed, and filled slice by slice."""
    index = np.round((points - frame.origin_mm) / SPACING_MM).astype(int)
    inside = ((index >= 0) & (index < frame.shape)).all(axis=1)
    shell = np.zeros(frame.shape, dtype=bool)
    shell[tuple(index[inside].T)] = True
    closed = ndimage.binary_closing(np.pad(shell, 2), iterations=1)[2:-2, 2:-2, 2:-2]
    slices = [ndimage.binary_fill_holes(part) for part in np.moveaxis(closed | shell, 2, 0)]
    return np.stack(slices, axis=2)


def _mesh(folder: Path, pattern: str) -> Path:
    found = [
        path
        for path in sorted(folder.glob(pattern))
        if not any(word in path.name for word in NOT_ORGANS)
    ]
    return found[0]


def _frame(skin: Array, liver: Array) -> Frame:
    low, high = skin.min(axis=0) - 9, skin.max(axis=0) + 9
    middle = (low[0] + high[0]) / 2
    low[0], high[0] = middle - HALF_WIDTH_MM, middle + HALF_WIDTH_MM
    low[2], high[2] = liver[:, 2].min() - BELOW_LIVER_MM, liver[:, 2].max() + ABOVE_LIVER_MM
    sizes = np.ceil((high - low) / SPACING_MM).astype(int)
    return Frame(low, (int(sizes[0]), int(sizes[1]), int(sizes[2])))


def _layers(tissue: npt.NDArray[np.uint8], body: Mask, depth: Array) -> Mask:
    """Paint skin, fat and muscle wall; return the cavity inside the trunk."""
    tissue[body] = value("muscle")
    tissue[body & (depth <= SKIN_MM + FAT_MM)] = value("subcutaneous_fat")
    tissue[body & (depth <= SKIN_MM)] = value("skin")
    trunk = np.stack(
        [largest_component(part) for part in np.moveaxis(body, 2, 0)],
        axis=2,
    )
    cavity = trunk & (depth > SKIN_MM + FAT_MM + WALL_MM)
    tissue[cavity] = value("visceral_fat")
    return cavity


def _spine(tissue: npt.NDArray[np.uint8], cavity: Mask, body: Mask, frame: Frame) -> Mask:
    """Draw vertebrae, cord, back muscles and great vessels; return vertebrae and cord."""
    x, y, z = frame.positions()
    columns = np.where(body, x, np.nan)
    middle = np.nanmedian(columns)
    trunk: Mask = np.asarray(cavity.any(axis=0))
    back = np.array(
        [np.flatnonzero(line)[0] if line.any() else 0 for line in np.moveaxis(trunk, 1, 0)]
    )
    back = frame.origin_mm[1] + SPACING_MM * ndimage.gaussian_filter1d(back.astype(float), 12)
    front = y - (back[None, None, :] + 22.0)
    disc = ((z / 34.0) % 1.0) > 0.78
    vertebra = ((x - middle) ** 2 / 22.0**2 + front**2 / 18.0**2) < 1
    core = ((x - middle) ** 2 / 18.0**2 + front**2 / 14.0**2) < 1
    cord = ((x - middle) ** 2 + (front + 26.0) ** 2) < 8.0**2
    arch = (((x - middle) ** 2 + (front + 26.0) ** 2) < 15.0**2) & ~cord
    muscles = (np.abs(x - middle) < 62) & (front < -8) & body & ~(tissue == value("skin"))
    tissue[muscles & (tissue != value("subcutaneous_fat"))] = value("muscle")
    tissue[(vertebra | arch) & body] = value("cortical_bone")
    tissue[core & body] = value("bone_marrow")
    tissue[vertebra & disc & body] = value("cartilage")
    tissue[cord & body] = value("spinal_cord")
    aorta = ((x - (middle - 12)) ** 2 + (front - 29) ** 2) < 10.0**2
    cava = ((x - (middle + 17)) ** 2 + (front - 29) ** 2) < 11.0**2
    tissue[(aorta | cava) & cavity] = value("large_vessel")
    result: Mask = (vertebra | cord | arch) & body
    return result


def _ribs(
    tissue: npt.NDArray[np.uint8], body: Mask, depth: Array, chest: Mask, frame: Frame
) -> None:
    """Draw slanting ribs into the muscle wall around lungs, liver and spleen."""
    _, y, z = frame.positions()
    phase = ((z + RIB_SLOPE * y) / RIB_PERIOD_MM) % 1.0
    inner = SKIN_MM + FAT_MM + WALL_MM
    layer = body & (depth > inner - 10) & (depth <= inner - 1) & (tissue == value("muscle"))
    near = ndimage.binary_dilation(chest, iterations=6)
    rib = layer & near & (phase < RIB_SHARE)
    tissue[rib] = value("cortical_bone")
    tissue[rib & (np.abs(phase - RIB_SHARE / 2) < 0.09)] = value("bone_marrow")


def _hollow(tissue: npt.NDArray[np.uint8], organ: Mask, name: str, frame: Frame) -> None:
    """Paint wall, content and, in the front part, gas."""
    inside = ndimage.binary_erosion(organ)
    tissue[organ] = value(f"{name}_wall")
    tissue[inside] = value(f"{name}_content")
    y = frame.positions()[1]
    if inside.any():
        tissue[inside & (y > np.percentile(y[inside], 80))] = value("bowel_gas")


def _stomach(cavity: Mask, liver: Mask, spleen: Mask, frame: Frame) -> Mask:
    """Return an ellipsoid between the liver's left part and the spleen."""
    position = frame.positions()
    left = position[:, spleen].mean(axis=1)
    front = position[:, liver].mean(axis=1)
    centre = np.array([left[0] + 28.0, (left[1] + front[1]) / 2 + 12.0, left[2] + 5.0])
    scaled = (position - centre.reshape(3, 1, 1, 1)) / np.array([38.0, 44.0, 58.0]).reshape(
        3, 1, 1, 1
    )
    result: Mask = (np.square(scaled).sum(axis=0) < 1) & cavity
    return result


def _lungs(cavity: Mask, abdominal: Mask) -> Mask:
    """Return the cavity above the diaphragm: over the tops of liver, spleen and stomach."""
    depth = cavity.shape[2]
    top = np.where(abdominal.any(axis=2), depth - abdominal[..., ::-1].argmax(axis=2), 0)
    level = int(np.percentile(top[top > 0], 70)) - 8
    roof = np.maximum(ndimage.maximum_filter(top, 5), level)
    roof = ndimage.gaussian_filter(roof.astype(float), 2)
    result: Mask = cavity & (np.arange(depth) >= roof[..., None]) & ~abdominal
    return result


def visible_human_tissues(folder: Path) -> TissueMap:
    """Return the tissue map of one Visible Human from its folder of meshes (GLB, metres).

    Parameters
    ----------
    folder
        ``visible_human/male`` or ``visible_human/female``.
    """
    skin, liver_surface = (read_surface(_mesh(folder, f"*_{n}.glb")) for n in ("Skin", "Liver"))
    frame = _frame(skin, liver_surface)
    body, liver = draw(skin, frame), draw(liver_surface, frame)
    tissue = np.zeros(frame.shape, dtype=np.uint8)
    depth = ndimage.distance_transform_edt(np.pad(body, ((0, 0), (0, 0), (9, 9)), mode="edge"))
    depth = depth[..., 9:-9] * SPACING_MM
    cavity = _layers(tissue, body, depth)
    spleen = draw(read_surface(_mesh(folder, "*_Spleen.glb")), frame)
    stomach = _stomach(cavity, liver, spleen, frame)
    lungs = _lungs(cavity, liver | spleen | stomach)
    tissue[lungs] = value("lung")
    spine = _spine(tissue, cavity, body, frame)
    _ribs(tissue, body, depth, lungs | liver | spleen, frame)
    _hollow(tissue, stomach & ~lungs & ~spine, "stomach", frame)
    for pattern in BOWEL:
        bowel = draw(read_surface(_mesh(folder, pattern)), frame)
        _hollow(tissue, bowel & cavity & ~spine & ~lungs, "bowel", frame)
    for pattern, name in ORGANS:
        organ = draw(read_surface(_mesh(folder, pattern)), frame)
        tissue[organ & body & ~spine] = value(name)
    tissue[liver & ~spine] = LIVER
    return TissueMap(tissue, axis_aligned(frame.shape, frame.origin_mm, SPACING_MM))
