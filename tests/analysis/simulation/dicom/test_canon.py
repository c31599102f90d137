from __future__ import annotations

import pydicom

from analysis.simulation.dicom.writer import DicomOptions, write_dicom
from analysis.study import Component


def test_canon_exports_magnitude_only(oblique_study, tmp_path):
    assert DicomOptions("canon").components == (Component.MAGNITUDE,)
    folders = {path.parent.name for path in write_dicom(oblique_study, tmp_path, vendor="canon")}
    assert folders == {"0001_localizer", "2000_FE3D_multi_echo_BH"}


def test_maps_carry_a_plain_rescale_with_their_unit(oblique_study, tmp_path):
    options = DicomOptions("canon", has_vendor_maps=True, has_localizer=False)
    paths = write_dicom(oblique_study, tmp_path, options=options)
    kinds = {
        (dataset.get("RescaleSlope"), dataset.get("RescaleType"))
        for dataset in map(pydicom.dcmread, paths)
    }
    assert kinds == {(None, None), (0.1, "%"), (0.1, "1/s")}
