"""Simulate a liver study: a body with known fat and iron, seen by a multi-echo gradient echo."""

from __future__ import annotations

import numpy as np

from analysis.quantities import PDFF, R2STAR
from analysis.signal.gradient_echo import multi_echo_signal, t1_saturation
from analysis.signal.noise import add_complex_noise
from analysis.simulation.abdomen import sample_abdomen
from analysis.simulation.anatomy import Anatomy
from analysis.simulation.magnetic_field import off_resonance_ppm
from analysis.simulation.receiver import blur_in_plane, coil_shading, initial_phase_rad
from analysis.simulation.simulated_study import SignalModel, SimulatedStudy, Truth
from analysis.simulation.spec import Grid, Imperfections, LiverSpec, PhantomSpec, liver_protocol
from analysis.simulation.texture import FloatField
from analysis.simulation.tissue_fields import TissueFields, tissue_fields
from analysis.study import MultiEcho
from analysis.volume import QuantityMap, Volume

LEAST_PROTON_DENSITY = 0.05
METHOD = "simulated truth"


def small_phantom(
    seed: int = 0,
    *,
    field_strength_t: float = 3.0,
    liver: LiverSpec | None = None,
    imperfections: Imperfections | None = None,
) -> PhantomSpec:
    """Return a small study for tests: 64 x 48 x 16 voxels of 6 x 6 x 10 mm.

    Parameters
    ----------
    seed
        Start of every random draw.
    field_strength_t
        Main field in tesla.
    liver, imperfections
        As in :class:`PhantomSpec`, whose defaults they replace.

    Examples
    --------
    >>> small_phantom().grid.shape
    (64, 48, 16)
    """
    return PhantomSpec(
        seed=seed,
        protocol=liver_protocol(field_strength_t),
        grid=Grid((64, 48, 16), (6.0, 6.0, 12.0)),
        liver=liver or LiverSpec(),
        imperfections=imperfections or Imperfections(),
    )


def simulate(spec: PhantomSpec) -> SimulatedStudy:
    """Simulate a liver study in a randomly shaped body.

    Parameters
    ----------
    spec
        What to simulate; equal specs give equal results.
    """
    return acquire(sample_abdomen(spec), spec)


def acquire(anatomy: Anatomy, spec: PhantomSpec) -> SimulatedStudy:
    """Simulate the multi-echo images of a given body.

    S(t) = (W + F c(t)) exp(-R2* t) exp(i 2 pi f t) exp(i phi0), then blur and complex noise.

    Parameters
    ----------
    anatomy
        The tissues on the grid that is acquired.
    spec
        Protocol, liver and imperfections; its grid is not used.
    """
    return acquire_fields(anatomy, tissue_fields(anatomy, spec), spec)


def acquire_fields(anatomy: Anatomy, fields: TissueFields, spec: PhantomSpec) -> SimulatedStudy:
    """Simulate the multi-echo images of a body whose fat and iron are given, too.

    Parameters
    ----------
    anatomy
        The tissues on the grid that is acquired.
    fields
        Fat, iron, protons and T1 on the same grid.
    spec
        Protocol and imperfections; its grid and its liver are not used.
    """
    model = signal_model(anatomy, fields, spec)
    has_protons = fields.proton_density > LEAST_PROTON_DENSITY
    geometry = anatomy.geometry
    truth = Truth(
        QuantityMap(Volume(fields.pdff_percent, geometry, PDFF), has_protons, None, METHOD),
        QuantityMap(Volume(fields.r2star_per_s, geometry, R2STAR), has_protons, None, METHOD),
        anatomy.segments,
        anatomy.vessels,
    )
    return SimulatedStudy(spec, echoes_of(model, anatomy, spec), truth, model)


def signal_model(anatomy: Anatomy, fields: TissueFields, spec: PhantomSpec) -> SignalModel:
    """Return water, fat, R2*, field and phase of every voxel before blur and noise.

    Parameters
    ----------
    anatomy
        The tissues.
    fields
        Fat, iron, protons and T1.
    spec
        Protocol and imperfections.
    """
    flaws, protocol = spec.imperfections, spec.protocol
    rng = np.random.default_rng([spec.seed, 4])
    shading = coil_shading(anatomy, flaws.coil_shading, rng)
    density = fields.proton_density * shading
    fat: FloatField = density * fields.pdff_percent * np.float32(0.01)
    water: FloatField = density - fat
    if flaws.has_t1_weighting:
        timing = protocol.repetition_time_ms, protocol.flip_angle_deg
        water *= t1_saturation(fields.t1_water_ms, *timing).astype(np.float32)
        fat *= np.float32(t1_saturation(fields.t1_fat_ms, *timing))
    deviation_hz = off_resonance_ppm(anatomy, flaws.off_resonance_ppm)
    deviation_hz *= np.float32(protocol.imaging_frequency_mhz)
    phase_rad = np.zeros_like(deviation_hz)
    if flaws.has_initial_phase:
        phase_rad = initial_phase_rad(anatomy, rng)
    return SignalModel(water, fat, fields.r2star_per_s, deviation_hz, phase_rad)


def echoes_of(model: SignalModel, anatomy: Anatomy, spec: PhantomSpec) -> MultiEcho:
    """Return magnitude and phase of every echo, with blur and noise.

    Parameters
    ----------
    model
        The noise-free signal of each voxel.
    anatomy
        Gives the grid and the liver that the signal-to-noise ratio refers to.
    spec
        Protocol and imperfections.
    """
    protocol = spec.protocol
    sigma = noise_sd(model, anatomy, spec.imperfections)
    shape = (len(protocol.echo_times_ms), *anatomy.geometry.shape)
    magnitude, phase = np.empty(shape, np.float32), np.empty(shape, np.float32)
    rng = np.random.default_rng([spec.seed, 5])
    for echo, echo_time_ms in enumerate(protocol.echo_times_ms):
        signal = multi_echo_signal(
            model.water.astype(np.float64),
            model.fat.astype(np.float64),
            model.r2star_per_s.astype(np.float64),
            [echo_time_ms],
            protocol.field_strength_t,
            off_resonance_hz=model.off_resonance_hz,
            initial_phase_rad=model.initial_phase_rad,
        )[0]
        signal = blur_in_plane(signal, spec.imperfections.point_spread_voxels)
        if sigma > 0:
            signal = add_complex_noise(signal, sigma, rng)
        magnitude[echo], phase[echo] = np.abs(signal), np.angle(signal)
    return MultiEcho(magnitude, phase, np.array(protocol.echo_times_ms), anatomy.geometry)


def noise_sd(model: SignalModel, anatomy: Anatomy, imperfections: Imperfections) -> float:
    """Return the SD of the noise in each channel: median liver signal over the wanted ratio.

    Parameters
    ----------
    model
        The noise-free signal.
    anatomy
        Gives the liver; without one the whole body is taken.
    imperfections
        Gives the signal-to-noise ratio.
    """
    if imperfections.snr is None:
        return 0.0
    region = anatomy.liver if anatomy.liver.any() else anatomy.body
    return float(np.median((model.water + model.fat)[region])) / imperfections.snr
