"""Everything that leaves the analysis as a file: one module a format, one row a file.

``exporters.export_all`` is the entrance. Nothing is imported here, so that who needs one format
does not load the others.
"""
