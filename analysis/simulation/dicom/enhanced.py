"""Enhanced multi-frame MR images: one file a series, with what varies given for each frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from pydicom.dataset import Dataset

from analysis.simulation.dicom.enhanced_frames import frame_groups
from analysis.simulation.dicom.enhanced_header import add_dimensions, add_enhanced_header
from analysis.simulation.dicom.enhanced_shared import shared_groups
from analysis.simulation.dicom.image_source import ImageSource
from analysis.simulation.dicom.modules import StudyHeader, add_pixels, new_instance
from analysis.simulation.dicom.vendor import SeriesPlan

ENHANCED_MR_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.4.1"


def enhanced_image(header: StudyHeader, series: SeriesPlan, source: ImageSource) -> Dataset:
    """Return one Enhanced MR Image Storage instance that holds a whole series.

    Parameters
    ----------
    header
        The study.
    series
        The series; its images become frames in their order.
    source
        Gives the values of each frame.

    References
    ----------
    DICOM PS3.3 A.36 and C.8.13.
    """
    scaling, geometry = source.scaling, source.study.echoes.geometry
    stored = [header.vendor.encode(source.values(image), image, scaling) for image in series.images]
    dataset = new_instance(header, series, ENHANCED_MR_IMAGE_STORAGE, "multi-frame")
    add_enhanced_header(dataset, header, series)
    add_dimensions(dataset, header)
    dataset.SharedFunctionalGroupsSequence = [shared_groups(header, geometry)]
    dataset.PerFrameFunctionalGroupsSequence = [
        frame_groups(header, image, geometry, pixels)
        for image, pixels in zip(series.images, stored, strict=True)
    ]
    dataset.NumberOfFrames = str(len(stored))
    add_pixels(dataset, replace(stored[0], array=np.stack([pixels.array for pixels in stored])))
    return dataset
