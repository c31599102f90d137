"""API of corrected outlines: what they would change at once, and the version they make."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analysis.wording import words
from portal.accounts.requests import signed_in
from portal.reports import reading_services
from portal.reports.mask_edit import EditRefused, Preview, changed_labels, preview, read_changes
from portal.reports.reading_images import shown_version
from portal.reports.reading_secrets import told_measurements
from portal.reports.reading_selectors import reading_for
from portal.reports.reading_serializers import ReadingDetailSerializer, ReadMeasurementSerializer
from portal.reports.selectors import readable_report_for
from portal.reports.serializers import ReportSerializer
from portal.reports.versions import save_correction


class ChangesSerializer(serializers.Serializer[Any]):
    changes = serializers.CharField(
        help_text="Base64 of gzip of n voxel indices (uint32, little endian, i fastest towards "
        "the patient's right, then front, then head), then n labels (uint8: 0 no liver, 1 to 8 "
        "the segments)"
    )

    def content(self) -> bytes:
        try:
            return base64.b64decode(self.validated_data["changes"], validate=True)
        except (binascii.Error, ValueError) as error:
            raise EditRefused(
                words("The corrected mask arrived damaged; try again."), code="mask-damaged"
            ) from error


class OutlineSerializer(ChangesSerializer):
    reason = serializers.CharField(max_length=1000, help_text="Why it is corrected")


class PreviewSerializer(serializers.Serializer[Any]):
    """Means and volumes only; the rest comes with the version."""

    dice = serializers.FloatField(help_text="Overlap with the model's liver")
    changed_voxels = serializers.IntegerField()
    measurements = ReadMeasurementSerializer(many=True, source="numbers.measurements")


def _told(found: Preview) -> Response:
    return Response(PreviewSerializer(found).data)


class ReportOutlinePreview(APIView):
    @extend_schema(request=ChangesSerializer, responses=PreviewSerializer)
    def post(self, request: Request, report_id: UUID) -> Response:
        """Say what the numbers would be; nothing is kept."""
        report = readable_report_for(request.user, report_id)
        drawn = ChangesSerializer(data=request.data)
        drawn.is_valid(raise_exception=True)
        return _told(preview(report, read_changes(report, drawn.content())))


class ReportOutline(APIView):
    @extend_schema(request=OutlineSerializer, responses={201: ReportSerializer})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Keep a corrected outline, and all numbers in it, as the next version of the report."""
        report = readable_report_for(request.user, report_id)
        drawn = OutlineSerializer(data=request.data)
        drawn.is_valid(raise_exception=True)
        labels = changed_labels(report, read_changes(report, drawn.content()))
        new = save_correction(report, labels, drawn.validated_data["reason"], by=signed_in(request))
        return Response(ReportSerializer(new).data, status=HTTPStatus.CREATED)


class ReadingOutlinePreview(APIView):
    @extend_schema(request=ChangesSerializer, responses=PreviewSerializer)
    def post(self, request: Request, reading_id: UUID) -> Response:
        """Say what the numbers would be; nothing is kept."""
        reading = reading_for(request.user, reading_id)
        drawn = ChangesSerializer(data=request.data)
        drawn.is_valid(raise_exception=True)
        found = reading_services.preview_outline(reading, drawn.content())
        told = told_measurements(reading.case, found.numbers)
        return _told(replace(found, numbers=replace(found.numbers, measurements=told)))


class ReadingOutline(APIView):
    @extend_schema(request=OutlineSerializer, responses={201: ReadingDetailSerializer})
    def post(self, request: Request, reading_id: UUID) -> Response:
        """Keep a corrected outline, and the numbers in it, as the reader's own."""
        reading = reading_for(request.user, reading_id)
        drawn = OutlineSerializer(data=request.data)
        drawn.is_valid(raise_exception=True)
        labels = changed_labels(reading.report, read_changes(reading.report, drawn.content()))
        reason = drawn.validated_data["reason"]
        reading_services.correct_outline(reading, labels, reason, by=signed_in(request))
        fresh = reading_for(request.user, reading.pk)
        body = ReadingDetailSerializer(fresh, context={"shown": shown_version(fresh)}).data
        return Response(body, status=HTTPStatus.CREATED)
