"""API of an adjudicator's choice, of taking readings back, of their images and signed values."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.requests import signed_in
from portal.negotiation import FileView
from portal.reports import reading_services as services
from portal.reports.models import Reading
from portal.reports.reading_assignment import withdraw
from portal.reports.reading_image_views import served_image
from portal.reports.reading_images import LETTERS, picked_by, shown_version
from portal.reports.reading_results import reading_rows, record_export
from portal.reports.reading_selectors import reading_for
from portal.reports.reading_serializers import ReadingDetailSerializer, ReadingSerializer
from portal.runs.models_serializers import ReasonSerializer
from portal.trials.selectors import managed_trial_for, overseen_trial_for


class DecisionSerializer(serializers.Serializer[Any]):
    pick = serializers.ChoiceField(
        [*LETTERS, "own"], help_text="One of the two readings, or an own one"
    )


class ReadingDecision(APIView):
    @extend_schema(request=DecisionSerializer, responses=ReadingDetailSerializer)
    def post(self, request: Request, reading_id: UUID) -> Response:
        """Take over one of the two readings, or start an own one; adjudicators do."""
        reading = reading_for(request.user, reading_id)
        wanted = DecisionSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        picked = picked_by(reading, wanted.validated_data["pick"])
        services.decide(reading, picked, by=signed_in(request))
        fresh = reading_for(request.user, reading.pk)
        context = {"shown": shown_version(fresh)}
        return Response(ReadingDetailSerializer(fresh, context=context).data)


class ReadingImage(FileView):
    @extend_schema(
        parameters=[OpenApiParameter("of", str, enum=[*LETTERS])],
        responses={(200, "application/gzip"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, reading_id: UUID, name: str) -> HttpResponseBase:
        """Return ``anatomy``, ``segments`` or a map (``PDFF``) as NIfTI, as the reader sees it."""
        reading = reading_for(request.user, reading_id)
        return served_image(request._request, reading, request.query_params.get("of", ""), name)


class ReadingTakeBack(APIView):
    @extend_schema(request=ReasonSerializer, responses=ReadingSerializer)
    def post(self, request: Request, trial_id: UUID, reading_id: UUID) -> Response:
        """Take an unsigned reading back; another person reads."""
        trial = managed_trial_for(request.user, trial_id)
        reading = get_object_or_404(Reading, pk=reading_id, case__study__trial=trial)
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        back = withdraw(reading, given.validated_data["reason"], by=signed_in(request))
        return Response(ReadingSerializer(back).data)


class SignedReadingSerializer(serializers.Serializer[Any]):
    """A signed reading of a locked study, as in the statistician's file."""

    trial = serializers.CharField()
    site = serializers.CharField()
    subject = serializers.CharField()
    visit = serializers.CharField()
    visit_date = serializers.CharField(allow_blank=True)
    study_day = serializers.IntegerField(allow_null=True)
    timing = serializers.CharField()
    days_off = serializers.IntegerField()
    position = serializers.IntegerField()
    reading = serializers.CharField()
    quality = serializers.CharField()
    pdff_percent = serializers.FloatField(default=None, allow_null=True)
    pdff_standard_error_percent = serializers.FloatField(default=None, allow_null=True)
    pdff_grade = serializers.CharField(default="", allow_blank=True)
    r2star_per_s = serializers.FloatField(default=None, allow_null=True)
    lic_mg_per_g = serializers.FloatField(default=None, allow_null=True)
    liver_volume_ml = serializers.FloatField(default=None, allow_null=True)
    own_pdff_percent = serializers.FloatField(allow_null=True)
    own_r2star_per_s = serializers.FloatField(allow_null=True)
    is_final = serializers.BooleanField()
    signed_at = serializers.DateTimeField()
    report_sha256 = serializers.CharField()


class SignedReadings(generics.GenericAPIView[Reading]):
    serializer_class = SignedReadingSerializer
    queryset = Reading.objects.none()

    @extend_schema(responses=SignedReadingSerializer(many=True))
    def get(self, request: Request, trial_id: UUID) -> Response:
        """List every signed reading of locked studies, so that agreement can be analysed."""
        trial = overseen_trial_for(request.user, trial_id)
        found: Any = [*reading_rows(trial)]  # a page is cut from a list as from rows
        page = self.paginate_queryset(found) or []
        if page:
            record_export(trial, "readings", by=signed_in(request))
        return self.get_paginated_response(SignedReadingSerializer(page, many=True).data)
