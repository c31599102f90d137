"""From files that a site sent to a typed study: DICOM and NIfTI, every vendor, every surprise.

``study_reader.read_study`` is the entrance. Nothing is imported here, so that the processes that
parse headers start without numpy.
"""
