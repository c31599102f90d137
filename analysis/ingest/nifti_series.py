"""Build series from the volumes of NIfTI files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.ingest.acquisition import field_strength_t
from analysis.ingest.components import component_by_image_type
from analysis.ingest.load import QUANTITY_BY_ROLE
from analysis.ingest.nifti_image import NiftiImage, Sidecar
from analysis.ingest.nifti_names import NiftiName
from analysis.ingest.roles import role_by_text
from analysis.ingest.scaling import phase_scale, to_radians
from analysis.ingest.vendor_rules import RADIANS, PhaseScale
from analysis.ingest.vendors import rules_for
from analysis.quantities import MR_SIGNAL
from analysis.study import Acquisition, Component, ImageStack, IngestedSeries, Role
from analysis.volume import Geometry, Volume

PHASE_WORDS = re.compile(r"(?<![a-z-])phase[ _]?(?:ims|images?|map)", re.IGNORECASE)
COMPONENT_ORDER = tuple(Component)


@dataclass(frozen=True, slots=True)
class NiftiVolume:
    """One volume of a NIfTI file: one echo, one component.

    Parameters
    ----------
    values
        The .npy file.
    index
        Place along the fourth axis, or None for a 3-D file.
    order
        Place among the volumes of its series: echo number, file name, index.
    image, component, echo_time_ms
        The file, and what the volume shows.
    """

    values: Path
    index: int | None
    order: tuple[int, str, int]
    image: NiftiImage
    component: Component
    echo_time_ms: float | None


def volumes_of(name: NiftiName, image: NiftiImage, values: Path) -> list[NiftiVolume]:
    """Return the volumes of one file."""
    count = image.shape[3] if len(image.shape) == 4 else 1
    times = [1000.0 * time for time in image.sidecar.echo_times_s]
    echoes = times if len(times) == count else [None] * count
    component = _component(name, image.sidecar)
    return [
        NiftiVolume(
            values=values,
            index=index if len(image.shape) == 4 else None,
            order=(name.echo or 0, name.stem, index),
            image=image,
            component=component,
            echo_time_ms=echo if echo is None else round(echo, 6),
        )
        for index, echo in enumerate(echoes)
    ]


def _component(name: NiftiName, sidecar: Sidecar) -> Component:
    if name.component is not None:
        return name.component
    by_type = component_by_image_type(sidecar.image_type)
    if by_type is not None:
        return by_type
    return (
        Component.PHASE if PHASE_WORDS.search(sidecar.series_description) else (Component.MAGNITUDE)
    )


def build_series(
    key: str, number: int, volumes: Sequence[NiftiVolume], override_t: float | None
) -> IngestedSeries:
    """Return the series of the volumes that share a name, phase in radians where known."""
    sidecar = volumes[0].image.sidecar
    description = sidecar.series_description or key.rsplit("/", 1)[-1]
    ordered = sorted(
        volumes,
        key=lambda v: (COMPONENT_ORDER.index(v.component), v.echo_time_ms or 0.0, v.order),
    )
    times = {volume.echo_time_ms for volume in ordered} - {None}
    role = role_by_text(sidecar.image_type, f"{description} {key.rsplit('/', 1)[-1]}")
    role = Role.MULTI_ECHO if role is Role.OTHER and len(times) > 1 else role
    return IngestedSeries(
        series_instance_uid=sidecar.series_instance_uid or key,
        number=sidecar.series_number or number,
        description=description,
        modality=sidecar.modality or "MR",
        acquisition=_acquisition(sidecar, override_t),
        stacks=_stacks(ordered, role, sidecar),
        claimed_role=role,
        instance_count=len(ordered),
    )


def _stacks(volumes: Sequence[NiftiVolume], role: Role, sidecar: Sidecar) -> tuple[ImageStack, ...]:
    shown = [_values(volume) for volume in volumes]
    phases = [v for v, one in zip(shown, volumes, strict=True) if one.component is Component.PHASE]
    scales = (RADIANS,) if sidecar.units == "rad" else rules_for(sidecar.manufacturer).phase_scales
    radians = phase_scale(phases, scales) if phases else None
    return tuple(
        _stack(volume, values, role, radians) for volume, values in zip(volumes, shown, strict=True)
    )


def _values(volume: NiftiVolume) -> npt.NDArray[np.float32]:
    array: npt.NDArray[np.float32] = np.load(volume.values, mmap_mode="r", allow_pickle=False)
    chosen = array if volume.index is None else array[..., volume.index]
    return np.array(chosen, dtype=np.float32, order="C")


def _stack(
    volume: NiftiVolume,
    shown: npt.NDArray[np.float32],
    role: Role,
    radians: PhaseScale | None,
) -> ImageStack:
    is_phase = volume.component is Component.PHASE and radians is not None
    values = to_radians(shown, radians) if is_phase and radians else shown
    values.setflags(write=False)
    affine = np.array(volume.image.affine).reshape(4, 4)
    grid = Geometry((values.shape[0], values.shape[1], values.shape[2]), affine)
    return ImageStack(
        volume=Volume(values, grid, QUANTITY_BY_ROLE.get(role, MR_SIGNAL)),
        component=volume.component,
        echo_time_ms=volume.echo_time_ms,
        image_type=volume.image.sidecar.image_type,
        phase_in_radians=is_phase,
    )


def _acquisition(sidecar: Sidecar, override_t: float | None) -> Acquisition:
    field = field_strength_t(sidecar.field_strength_t, sidecar.imaging_frequency_mhz)
    repetition = sidecar.repetition_time_s
    return Acquisition(
        manufacturer=sidecar.manufacturer,
        model=sidecar.model,
        software=sidecar.software,
        field_strength_t=override_t or field,
        imaging_frequency_mhz=sidecar.imaging_frequency_mhz,
        repetition_time_ms=None if repetition is None else repetition * 1000,
        flip_angle_deg=sidecar.flip_angle_deg,
        sequence=sidecar.sequence or sidecar.protocol,
        slice_thickness_mm=sidecar.slice_thickness_mm,
    )
