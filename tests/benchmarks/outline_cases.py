"""Simulated studies of held-out livers in which the outline of the liver is to be found.

The patients of no training are cut in two by the parity of their rank: those used while designing
("design") and those looked at only for the final figure ("final"). Every liver lies in three
bodies, is seen by a drawn protocol with drawn tissues, fat and iron, and slices have thickness:
two planes are imaged and averaged, so that voxels at borders hold more than one tissue.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scipy import ndimage

from analysis.signal.gradient_echo import multi_echo_signal
from analysis.signal.noise import add_complex_noise
from analysis.simulation.anatomy import Anatomy, liver_segments
from analysis.simulation.phantom import noise_sd, signal_model
from analysis.simulation.placement import grid_geometry
from analysis.simulation.receiver import blur_in_plane
from analysis.simulation.spec import (
    FocalChange,
    Grid,
    Imperfections,
    LiverSpec,
    PhantomSpec,
    Protocol,
)
from analysis.simulation.tissue_fields import TissueFields, tissue_fields
from analysis.simulation.vessels import with_vessels
from analysis.study import MultiEcho
from analysis.volume import Geometry, LabelMap
from inference.training.cache import SEGMENT_OF, TISSUE_OF, load_anatomies
from inference.training.cache import Anatomy as Stored
from inference.training.randomness import seeded
from inference.training.split import held_out_patients
from inference.training.variation import add_ascites, add_lesions, change_habitus

Array = npt.NDArray[np.float32]
EDGE_SIGMA_VOXELS = 0.6
MARGIN_VOXELS = 3
PLANES_A_SLICE = 2
SUBCUTANEOUS, VISCERAL = 10, 11


@dataclass(frozen=True, slots=True, eq=False)
class OutlineCase:
    """A simulated study with the true outline.

    Parameters
    ----------
    name
        Context, patient and draw.
    spec
        Protocol, liver and flaws.
    echoes
        Magnitudes.
    truth
        Couinaud segments.
    """

    name: str
    spec: PhantomSpec
    echoes: MultiEcho
    truth: LabelMap


def patients_of(part: str, stored: Sequence[Stored]) -> tuple[str, ...]:
    """Return the held-out patients of "design" or "final"."""
    patients = held_out_patients({anatomy.patient for anatomy in stored})
    return patients[0::2] if part == "design" else patients[1::2]


def draw_spec(rng: np.random.Generator, seed: int, stored: Stored) -> PhantomSpec:
    """Return a drawn protocol, liver and scanner for one body."""
    field_t = float(rng.choice((1.5, 2.8935, 3.0)))
    count = int(rng.choice((4, 6, 6, 6, 8)))
    step = float(rng.uniform(0.9, 1.3)) * (1.6 if field_t < 2 else 1.0)
    first = float(rng.uniform(1.0, 1.5))
    times = tuple(first + step * n for n in range(count))
    protocol = Protocol(field_t, times, times[-1] + float(rng.uniform(2, 6)), rng.uniform(2, 8))
    r2star = float(np.exp(rng.uniform(np.log(30), np.log(800)))) if rng.random() < 0.5 else None
    liver = LiverSpec(
        pdff_percent=float(rng.uniform(1, 10) if rng.random() < 0.5 else rng.uniform(5, 45)),
        r2star_per_s=r2star,
        right_left_pdff_percent=float(rng.uniform(0, 4)),
        texture_pdff_percent=float(rng.uniform(0.3, 2)),
        focal=(
            FocalChange(4, 12.0, float(rng.uniform(-5, 5))),
            FocalChange(6, 14.0, float(rng.uniform(-6, 6))),
        ),
    )
    flaws = Imperfections(
        snr=float(np.exp(rng.uniform(np.log(15), np.log(80)))),
        coil_shading=float(rng.uniform(0.2, 0.9)),
        point_spread_voxels=float(rng.uniform(0.4, 0.7)),
    )
    return PhantomSpec(
        seed=seed, protocol=protocol, grid=_grid(rng, stored), liver=liver, imperfections=flaws
    )


def _grid(rng: np.random.Generator, stored: Stored) -> Grid:
    """Return a block that holds the liver with some room above and below."""
    levels = np.flatnonzero(stored.segments.any(axis=(0, 1)))
    spacing = stored.body.geometry.spacing_mm
    height = (levels[-1] - levels[0] + 1) * spacing[2] + rng.uniform(10, 70)
    across = [n * s for n, s in zip(stored.body.labels.shape[:2], spacing[:2], strict=True)]
    in_plane, thickness = float(rng.uniform(2.2, 3.4)), float(rng.uniform(3.5, 10))
    shape = (
        min(256, int(across[0] / in_plane)),
        min(256, int(across[1] / in_plane)),
        int(np.ceil(height / thickness)),
    )
    tilt = (float(rng.uniform(-15, 15)), 0.0) if rng.random() < 0.25 else (0.0, 0.0)
    return Grid(shape, (in_plane, in_plane, thickness), tilt)


def varied_tissues(stored: Stored, seed: int) -> npt.NDArray[np.uint8]:
    """Return tissues of a body with, at times, lesions, ascites and another habitus."""
    random = seeded(seed, torch.device("cpu"))
    tissues = torch.from_numpy(TISSUE_OF[stored.body.labels].copy())
    liver = torch.from_numpy(SEGMENT_OF[stored.body.labels] > 0)
    if random.chance(0.4):
        tissues = change_habitus(tissues, random)
    if random.chance(0.2):
        tissues = add_ascites(tissues, liver, random)
    if random.chance(0.35):
        tissues = add_lesions(tissues, liver, random)
    return np.asarray(tissues.to(torch.uint8).numpy())


def _shares(labels: npt.NDArray[np.uint8], place: Array) -> npt.NDArray[np.uint8]:
    """Return the value with the largest smoothed share at each place; 0 where there is none."""
    best = np.full(place.shape[1:], 0.5, np.float32)
    result = np.zeros(place.shape[1:], np.uint8)
    for value in np.unique(labels[labels > 0]):
        where = np.argwhere(labels == value)
        low = np.maximum(where.min(axis=0) - MARGIN_VOXELS, 0)
        high = np.minimum(where.max(axis=0) + 1 + MARGIN_VOXELS, labels.shape)
        part = labels[tuple(slice(a, b) for a, b in zip(low, high, strict=True))] == value
        share = ndimage.gaussian_filter(part.astype(np.float32), EDGE_SIGMA_VOXELS)
        near = np.ones(best.shape, bool)
        for axis in range(3):
            near &= (place[axis] > low[axis] - 0.5) & (place[axis] < high[axis] - 0.5)
        shift = place[:, near] - low[:, None].astype(np.float32)
        here = ndimage.map_coordinates(share, shift, order=1, mode="nearest")
        # Between several tissues no one needs a half: the largest share wins over air's rest.
        better = here > np.where(result[near] > 0, best[near], 0.34)
        chosen = np.flatnonzero(near)[better]
        result.ravel()[chosen], best.ravel()[chosen] = value, here[better]
    return result


def _on_grid(
    stored: Stored, tissues: npt.NDArray[np.uint8], geometry: Geometry, rng: np.random.Generator
) -> Anatomy:
    """Return the body on an acquired grid; segments first, as lesions and vessels are liver."""
    to_stored = np.linalg.inv(stored.body.geometry.affine) @ geometry.affine
    index = np.indices(geometry.shape, dtype=np.float32)
    place = np.tensordot(to_stored[:3, :3].astype(np.float32), index, axes=1)
    place += to_stored[:3, 3].astype(np.float32)[:, None, None, None]
    liver = np.where(np.isin(tissues, (18, 30, 31)), stored.segments, 0)
    held = np.where(liver > 0, liver, tissues)
    seen = _shares(held.astype(np.uint8), place)
    segments = liver_segments(seen)
    # Small things keep their size when they are looked up and not averaged.
    inside = ndimage.map_coordinates(tissues, place, order=0, mode="nearest")
    changed = np.where((segments > 0) & np.isin(inside, (18, 30, 31)), inside, seen)
    anatomy = Anatomy(changed.astype(np.uint8), LabelMap(segments, geometry))
    return with_vessels(anatomy, rng)


def _varied(fields: TissueFields, anatomy: Anatomy, rng: np.random.Generator) -> TissueFields:
    """Return fields whose tissues differ from the table as people do."""

    def factor(spread: float) -> Array:
        table = np.exp(rng.normal(0, spread, 256))
        table[1:9] = table[1]
        return np.asarray(table, np.float32)[anatomy.tissues]

    parenchyma = anatomy.liver & ~np.isin(anatomy.tissues, (18, 30, 31))
    pdff = np.where(parenchyma, fields.pdff_percent, fields.pdff_percent * factor(0.3))
    rate = np.where(parenchyma, fields.r2star_per_s, fields.r2star_per_s * factor(0.3))
    pdff[np.isin(anatomy.tissues, (SUBCUTANEOUS, VISCERAL))] = np.clip(
        pdff[np.isin(anatomy.tissues, (SUBCUTANEOUS, VISCERAL))], 70, 97
    )
    return replace(
        fields,
        pdff_percent=np.clip(pdff, 0, 97),
        r2star_per_s=rate,
        proton_density=fields.proton_density * factor(0.1),
        t1_water_ms=fields.t1_water_ms * factor(0.15),
    )


def _echoes(
    anatomy: Anatomy, spec: PhantomSpec, rng: np.random.Generator
) -> tuple[npt.NDArray[np.complex128], float]:
    """Return complex, noise-free echoes of thick slices, and the noise to add."""
    fields = _varied(tissue_fields(anatomy, spec), anatomy, rng)
    model = signal_model(anatomy, fields, spec)
    sigma = noise_sd(model, anatomy, spec.imperfections)
    echoes = []
    for time in spec.protocol.echo_times_ms:
        signal = multi_echo_signal(
            model.water.astype(np.float64),
            model.fat.astype(np.float64),
            model.r2star_per_s.astype(np.float64),
            [time],
            spec.protocol.field_strength_t,
            off_resonance_hz=model.off_resonance_hz,
            initial_phase_rad=model.initial_phase_rad,
        )[0]
        thick = signal.reshape(*signal.shape[:2], -1, PLANES_A_SLICE).mean(axis=3)
        echoes.append(blur_in_plane(thick, spec.imperfections.point_spread_voxels))
    return np.stack(echoes), sigma


def simulate(stored: Stored, name: str, seed: int) -> OutlineCase:
    """Return the study of one body: what a scanner would give, and the truth."""
    rng = np.random.default_rng([seed, 77])
    spec = draw_spec(rng, seed, stored)
    x, y, thickness = spec.grid.spacing_mm
    planes = replace(
        spec.grid,
        shape=(*spec.grid.shape[:2], spec.grid.shape[2] * PLANES_A_SLICE),
        spacing_mm=(x, y, thickness / PLANES_A_SLICE),
    )
    inside = np.argwhere(stored.segments > 0)
    body = np.argwhere(stored.body.labels > 0)
    middle = (body.min(axis=0) + body.max(axis=0)) / 2
    middle[2] = (inside[:, 2].min() + inside[:, 2].max()) / 2
    affine = stored.body.geometry.affine
    centre = affine[:3, :3] @ middle + affine[:3, 3]
    tissues = varied_tissues(stored, seed)
    anatomy = _on_grid(stored, tissues, grid_geometry(planes, centre), rng)
    signals, sigma = _echoes(anatomy, spec, rng)
    magnitude = np.abs(add_complex_noise(signals, sigma, rng)).astype(np.float32)
    geometry = grid_geometry(spec.grid, centre)
    parts = anatomy.segments.array.reshape(*geometry.shape, PLANES_A_SLICE)
    half = (parts > 0).sum(axis=3)
    chosen = np.where(half * 2 > PLANES_A_SLICE, parts.max(axis=3), 0)
    truth = LabelMap(np.where(half * 2 == PLANES_A_SLICE, parts[..., 0], chosen), geometry)
    echoes = MultiEcho(magnitude, None, np.array(spec.protocol.echo_times_ms), geometry)
    return OutlineCase(name, spec, echoes, truth)


def cases(part: str, caches: Sequence[Path], draws: int = 2) -> Iterator[OutlineCase]:
    """Yield the studies of a part, draw by draw."""
    stored = [anatomy for cache in caches for anatomy in load_anatomies(cache)]
    patients = patients_of(part, stored)
    chosen = [anatomy for anatomy in stored if anatomy.patient in patients]
    offset = 1000 if part == "design" else 5000
    for draw in range(draws):
        for number, anatomy in enumerate(chosen):
            name = f"{anatomy.context} {anatomy.patient} {draw}"
            yield simulate(anatomy, name, offset + 100 * draw + number)
