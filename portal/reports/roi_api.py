"""API of the regions of interest that a reader draws into a version of a report."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.requests import signed_in
from portal.reports import rois
from portal.reports.models import Roi
from portal.reports.selectors import readable_report_for, report_for


class RoiSerializer(serializers.ModelSerializer[Roi]):
    made_by = serializers.EmailField(source="made_by.email", read_only=True)
    centre = serializers.ListField(child=serializers.IntegerField(), read_only=True)
    n_voxels = serializers.SerializerMethodField()
    values = serializers.DictField(
        read_only=True, help_text="By quantity: mean, sd and n of its valid voxels, unrounded"
    )

    class Meta:
        model = Roi
        fields = ("id", "number", "kind", "name", "made_by", "made_at", "centre", "n_voxels") + (
            "values",
        )
        read_only_fields = fields

    def get_n_voxels(self, roi: Roi) -> int:
        return len(roi.voxels)


class NewRoiSerializer(serializers.Serializer[Any]):
    """A circle has centre and radius, a drawing its voxels, the nine discs need nothing more."""

    kind = serializers.ChoiceField(Roi.Kind.choices)
    centre = serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        min_length=3,
        max_length=3,
        required=False,
        help_text="i, j, k towards the patient's right, front and head",
    )
    radius_mm = serializers.FloatField(
        min_value=rois.RADIUS_MM[0], max_value=rois.RADIUS_MM[1], required=False
    )
    voxels = serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        min_length=1,
        max_length=rois.MOST_VOXELS,
        required=False,
        help_text="Flat indices, i fastest",
    )


class MadeRoisSerializer(serializers.Serializer[Any]):
    rois = RoiSerializer(many=True)


class ReportRois(generics.ListAPIView[Roi]):
    """Regions of interest of a version, with what was measured in them."""

    serializer_class = RoiSerializer
    queryset = Roi.objects.none()

    def get_queryset(self) -> QuerySet[Roi]:
        if "report_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        report = report_for(self.request.user, self.kwargs["report_id"])
        return report.rois.select_related("made_by").order_by("number")

    @extend_schema(request=NewRoiSerializer, responses={201: MadeRoisSerializer})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Measure a region and keep it with this version; the nine discs are placed anew."""
        report = readable_report_for(request.user, report_id)
        wanted = NewRoiSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        drawn = rois.drawn_from(report, wanted.validated_data)
        made = rois.keep(report, drawn, by=signed_in(request))
        return Response(MadeRoisSerializer({"rois": made}).data, status=HTTPStatus.CREATED)


class ReportRoi(APIView):
    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, report_id: UUID, roi_id: UUID) -> Response:
        report = readable_report_for(request.user, report_id)
        rois.remove(report, roi_id, by=signed_in(request))
        return Response(status=HTTPStatus.NO_CONTENT)
