from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis.report import LiverReport
from analysis.report_json import report_to_dict
from portal.reports.density import density_figure
from portal.reports.documents import liver_report, study_images
from portal.reports.figures import find_histogram, histogram_figure
from portal.reports.models import Report
from portal.reports.segment_figures import multiples_figure, overlay_figure
from portal.reports.selectors import report_for, reports_for
from portal.reports.serializers import (
    HistogramQuerySerializer,
    RegionQuerySerializer,
    ReportQuerySerializer,
    ReportSerializer,
    VoxelQuerySerializer,
    VoxelReadingSerializer,
)
from portal.reports.voxel import read_voxel

_FOREVER = "private, max-age=31536000, immutable"


class ReportCollection(generics.ListAPIView[Report]):
    serializer_class = ReportSerializer

    def get_queryset(self) -> QuerySet[Report]:
        query = ReportQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return reports_for(self.request.user).filter(**query.validated_data)

    @extend_schema(parameters=[ReportQuerySerializer])
    def get(self, request: Request) -> Response:
        return super().get(request)


class ReportItem(generics.RetrieveAPIView[Report]):
    serializer_class = ReportSerializer
    lookup_url_kwarg = "report_id"

    def get_object(self) -> Report:
        return report_for(self.request.user, self.kwargs["report_id"])


class ReportDocument(APIView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Return ``report.json``: every measurement, finding and method, unrounded."""
        report = report_for(request.user, report_id)
        headers = {"ETag": f'"{report.sha256}"', "Cache-Control": _FOREVER}
        if request.headers.get("If-None-Match") == headers["ETag"]:
            return Response(status=304, headers=headers)
        return Response(report_to_dict(liver_report(report)), headers=headers)


class Voxel(APIView):
    @extend_schema(parameters=[VoxelQuerySerializer], responses=VoxelReadingSerializer)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Read one voxel; i, j, k count towards the patient's right, front and head."""
        query = VoxelQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        index = query.validated_data
        images = study_images(report_for(request.user, report_id))
        reading = read_voxel(images, (index["i"], index["j"], index["k"]))
        if reading is None:
            raise Http404
        headers = {"Cache-Control": _FOREVER}
        return Response(VoxelReadingSerializer(reading).data, headers=headers)


class HistogramFigure(APIView):
    @extend_schema(parameters=[HistogramQuerySerializer], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Return the histogram of a quantity over a region as a plotly figure."""
        query = HistogramQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        numbers = liver_report(report_for(request.user, report_id))
        figure = _distribution(numbers, query.validated_data)
        if figure is None:
            raise Http404
        return Response(figure, headers={"Cache-Control": _FOREVER})


def _distribution(numbers: LiverReport, wanted: dict[str, str]) -> dict[str, Any] | None:
    quantity, as_curve = wanted["quantity"], wanted["shape"] == "curve"
    if wanted["layout"] == "overlay":
        return overlay_figure(numbers, quantity, as_curve=as_curve)
    if wanted["layout"] == "multiples":
        return multiples_figure(numbers, quantity, as_curve=as_curve)
    histogram = find_histogram(numbers, quantity, wanted["region"])
    return histogram_figure(numbers, histogram, as_curve=as_curve) if histogram else None


class DensityFigure(APIView):
    @extend_schema(parameters=[RegionQuerySerializer], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Return PDFF against R2*, voxel by voxel, as a plotly figure."""
        query = RegionQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        images = study_images(report_for(request.user, report_id))
        figure = density_figure(images, query.validated_data["region"])
        if figure is None:
            raise Http404
        return Response(figure, headers={"Cache-Control": _FOREVER})
