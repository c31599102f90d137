"""API of a report's files: exports as they were written, and the printed report as it stands."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.requests import signed_in
from portal.negotiation import FileView
from portal.reports.file_response import serve_file
from portal.reports.printed import printed_pdf
from portal.reports.selectors import file_for, files_of, report_for
from portal.runs import storage


class ReportFileSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    media_type = serializers.CharField()
    sha256 = serializers.CharField()
    size_bytes = serializers.IntegerField()


class ReportFiles(APIView):
    @extend_schema(responses=ReportFileSerializer(many=True))
    def get(self, request: Request, report_id: UUID) -> Response:
        """List the files of a version: maps and segments as NIfTI and DICOM, tables, pages."""
        files = files_of(report_for(request.user, report_id))
        return Response(ReportFileSerializer(files, many=True).data)


class ReportFileItem(FileView):
    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, report_id: UUID, name: str) -> HttpResponseBase:
        """Download a file; a range is answered too, so that a download can be resumed."""
        found = file_for(request.user, report_id, name)
        return serve_file(
            request._request,
            storage.absolute(found.path),
            etag=found.sha256,
            media_type=found.media_type,
            name=found.name.rpartition("/")[2],
        )


class PrintedReport(FileView):
    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def get(self, request: Request, report_id: UUID) -> HttpResponseBase:
        """Return the report as PDF, with impression, regions and signatures as they stand now."""
        report = report_for(request.user, report_id)
        path = printed_pdf(report, reader=signed_in(request))
        name = f"{report.study.subject.code}-version-{report.version}.pdf"
        return serve_file(
            request._request, path, etag=path.stem, media_type="application/pdf", name=name
        )
