"""The values of each image that is written, taken from a simulated study."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.simulation.dicom.vendor import Image, Scaling
from analysis.simulation.simulated_study import SimulatedStudy
from analysis.simulation.vendor_maps import ScannerMaps
from analysis.study import Component, Role


@dataclass(frozen=True, slots=True, eq=False)
class ImageSource:
    """Gives the pixels of an image in physical values.

    Parameters
    ----------
    study
        The simulated study.
    maps
        The scanner's own maps, or None when none are written.
    """

    study: SimulatedStudy
    maps: ScannerMaps | None = None

    @property
    def scaling(self) -> Scaling:
        """The largest magnitude of each echo, at least a tiny positive number."""
        largest = [float(echo.max()) for echo in self.study.echoes.magnitude]
        return Scaling(tuple(max(value, 1e-12) for value in largest))

    def values(self, image: Image) -> npt.NDArray[np.float32]:
        """Return (row, column) float32: magnitude in a.u., phase in rad, maps in %, 1/s or ms."""
        if image.role is not Role.MULTI_ECHO:
            return self._map_slice(image)
        magnitude = self._slice(self.study.echoes.magnitude, image)
        if image.component is Component.MAGNITUDE:
            return magnitude
        phase_rad = self._phase_slice(image)
        if image.component is Component.PHASE:
            return phase_rad
        turn = np.cos if image.component is Component.REAL else np.sin
        result: npt.NDArray[np.float32] = magnitude * turn(phase_rad)
        return result

    def _phase_slice(self, image: Image) -> npt.NDArray[np.float32]:
        if self.study.echoes.phase_rad is None:
            raise ValueError("the study has no phase to write")
        return self._slice(self.study.echoes.phase_rad, image)

    def _map_slice(self, image: Image) -> npt.NDArray[np.float32]:
        if self.maps is None:
            raise ValueError("the study has no scanner maps to write")
        return np.ascontiguousarray(self.maps.of(image.role)[:, :, image.slice_index].T)

    @staticmethod
    def _slice(echoes: npt.NDArray[np.float32], image: Image) -> npt.NDArray[np.float32]:
        return np.ascontiguousarray(echoes[image.echo, :, :, image.slice_index].T)
