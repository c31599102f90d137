"""From files that a site sent to a typed study: DICOM and NIfTI, every vendor, every surprise."""

from analysis.ingest.options import ReadLimits, ReadOptions
from analysis.ingest.study_reader import read_study

__all__ = ["ReadLimits", "ReadOptions", "read_study"]
