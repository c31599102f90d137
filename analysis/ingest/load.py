"""Read the pixels of planned stacks into volumes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from analysis.ingest.acquisition import acquisition_of
from analysis.ingest.grid import build_geometry
from analysis.ingest.header import MR_IMAGE, ImageHeader
from analysis.ingest.pixels import PixelSource, damaged_files
from analysis.ingest.scaling import phase_scale, scale_of, to_radians
from analysis.ingest.stack_plans import SeriesPlan, StackPlan
from analysis.ingest.vendor_rules import PhaseScale, VendorRules
from analysis.ingest.vendors import rules_for
from analysis.quantities import FAT, MR_SIGNAL, PDFF, R2STAR, T2STAR, WATER, Quantity
from analysis.study import (
    Acquisition,
    Component,
    ImageStack,
    IngestedSeries,
    Role,
    SourceSeries,
)
from analysis.volume import Geometry, Volume

QUANTITY_BY_ROLE: dict[Role, Quantity] = {
    Role.PDFF_MAP: PDFF,
    Role.R2STAR_MAP: R2STAR,
    Role.T2STAR_MAP: T2STAR,
    Role.WATER: WATER,
    Role.FAT: FAT,
}
Values = npt.NDArray[np.float32]


def load_series(
    plan: SeriesPlan, source: PixelSource, field_strength_t: float | None
) -> IngestedSeries:
    """Return a series with its volumes; phase in radians where a rule of its vendor fits.

    Raises
    ------
    UnusableInput
        If pixel data is damaged (files are named) or slices are missing.
    """
    vendor = rules_for(plan.series.manufacturer)
    source.decode(plan.headers)
    problems = source.problems(plan.headers)
    if problems:
        raise damaged_files(problems)
    grids = [build_geometry(stack.headers) for stack in plan.stacks]
    values = [_shown_values(stack, plan.role, vendor, source) for stack in plan.stacks]
    phases = [v for v, s in zip(values, plan.stacks, strict=True) if s.component is Component.PHASE]
    radians = phase_scale(phases, vendor.phase_scales) if phases else None
    stacks = tuple(
        _as_stack(stack, shown, grid, plan.role, radians)
        for stack, shown, grid in zip(plan.stacks, values, grids, strict=True)
    )
    return describe_series(plan, acquisition_of(plan.headers[0], field_strength_t), stacks)


def describe_series(
    plan: SeriesPlan, acquisition: Acquisition, stacks: tuple[ImageStack, ...] = ()
) -> IngestedSeries:
    """Return a series with the given volumes, or with none and the reason why."""
    return IngestedSeries(
        series_instance_uid=plan.series.series_instance_uid,
        number=plan.series.series_number,
        description=plan.series.series_description,
        modality=plan.series.modality,
        acquisition=acquisition,
        stacks=stacks,
        claimed_role=plan.role,
        instance_count=plan.instance_count,
        not_read=plan.not_read,
    )


def _shown_values(stack: StackPlan, role: Role, vendor: VendorRules, source: PixelSource) -> Values:
    """Return (i, j, k) float32 after the scale of each image, not yet in radians."""
    first = stack.headers[0].pixels
    slices = np.empty((len(stack.headers), first.rows, first.columns), np.float32)
    for target, header in zip(slices, stack.headers, strict=True):
        _read_into(target, header, stack.component, role, vendor, source)
    return np.ascontiguousarray(slices.transpose(2, 1, 0))


def _read_into(
    target: Values,
    header: ImageHeader,
    component: Component,
    role: Role,
    vendor: VendorRules,
    source: PixelSource,
) -> None:
    scale = scale_of(header, component, role, vendor)
    np.multiply(source.stored_values(header), scale.slope, out=target, casting="unsafe")
    if scale.intercept:
        target += np.float32(scale.intercept)


def _as_stack(
    stack: StackPlan, shown: Values, grid: Geometry, role: Role, radians: PhaseScale | None
) -> ImageStack:
    is_phase = stack.component is Component.PHASE and radians is not None
    values = to_radians(shown, radians) if is_phase and radians else shown
    values.setflags(write=False)
    return ImageStack(
        volume=Volume(values, grid, QUANTITY_BY_ROLE.get(role, MR_SIGNAL)),
        component=stack.component,
        echo_time_ms=stack.echo_time_ms,
        image_type=stack.headers[0].image_type,
        phase_in_radians=is_phase,
        source=_source(stack),
    )


def _source(stack: StackPlan) -> SourceSeries | None:
    """Return the images of the stack where each is an instance of its own and can be named."""
    series = stack.headers[0].series
    instances = tuple(header.sop_instance_uid for header in stack.headers)
    named = all(instances) and len(set(instances)) == len(instances)
    if series.sop_class_uid != MR_IMAGE or not series.frame_of_reference_uid or not named:
        return None
    return SourceSeries(
        series_instance_uid=series.series_instance_uid,
        frame_of_reference_uid=series.frame_of_reference_uid,
        sop_class_uid=series.sop_class_uid,
        sop_instance_uids=instances,
    )
