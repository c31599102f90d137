"""API of readings: what the pages do, but for signing, which asks for a person at a browser."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.models import User
from portal.accounts.requests import signed_in
from portal.reports import reading_services as services
from portal.reports.models import Reading, ReadingCase
from portal.reports.reading_bulk import assign_many
from portal.reports.reading_images import images_of, shown_version
from portal.reports.reading_list import in_state
from portal.reports.reading_progress import case_row, cases_by_study, readable_studies
from portal.reports.reading_rescans import ask_as_reader
from portal.reports.reading_results import locked_cases, record_export
from portal.reports.reading_selectors import reading_for, readings_for
from portal.reports.reading_serializers import (
    AssignmentSerializer,
    CaseSerializer,
    OutcomeSerializer,
    OwnValuesSerializer,
    ReadingDetailSerializer,
    ReadingQuerySerializer,
    ReadingSerializer,
    ReadingVoxelSerializer,
    ResultSerializer,
    WrittenReadingSerializer,
)
from portal.reports.reading_views import version_for
from portal.reports.serializers import VoxelQuerySerializer
from portal.reports.voxel import read_voxel
from portal.studies.models import Study
from portal.trials.api_rescans import RescanWordsSerializer
from portal.trials.selectors import ASSIGNED_ONLY, managed_trial_for, overseen_trial_for

_OF = OpenApiParameter("of", str, enum=["A", "B"], description="Of an adjudication: whose version")


class ReadingCollection(generics.ListAPIView[Reading]):
    """The readings assigned to the person who asks."""

    serializer_class = ReadingSerializer

    def get_queryset(self) -> QuerySet[Reading]:
        mine = readings_for(self.request.user).order_by("due_on", "code")
        query = ReadingQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return in_state(mine, query.validated_data["state"])

    @extend_schema(parameters=[ReadingQuerySerializer])
    def get(self, request: Request) -> Response:
        return super().get(request)


class ReadingItem(APIView):
    @extend_schema(parameters=[_OF], responses=ReadingDetailSerializer)
    def get(self, request: Request, reading_id: UUID) -> Response:
        """Return a reading with the numbers that its reader may see now."""
        reading = reading_for(request.user, reading_id)
        shown = version_for(reading, request.query_params.get("of", ""))
        return Response(ReadingDetailSerializer(reading, context={"shown": shown}).data)

    @extend_schema(request=WrittenReadingSerializer, responses=ReadingDetailSerializer)
    def put(self, request: Request, reading_id: UUID) -> Response:
        """Save impression and verdict on quality; signing is done on the page."""
        reading = reading_for(request.user, reading_id)
        written = WrittenReadingSerializer(data=request.data)
        written.is_valid(raise_exception=True)
        values = written.validated_data
        services.save_reading(
            reading,
            values["impression"],
            values["quality"],
            values["quality_note"],
            by=signed_in(request),
        )
        return _answer(request, reading)


class ReadingOwnValues(APIView):
    @extend_schema(request=OwnValuesSerializer, responses=ReadingDetailSerializer)
    def post(self, request: Request, reading_id: UUID) -> Response:
        """Save what the reader measured unaided; the analysis is shown after that."""
        reading = reading_for(request.user, reading_id)
        own = OwnValuesSerializer(data=request.data)
        own.is_valid(raise_exception=True)
        values = own.validated_data
        services.save_own_values(
            reading, values["pdff_percent"], values["r2star_per_s"], by=signed_in(request)
        )
        return _answer(request, reading)


def _answer(request: Request, reading: Reading) -> Response:
    fresh = reading_for(request.user, reading.pk)
    context = {"shown": shown_version(fresh)}
    return Response(ReadingDetailSerializer(fresh, context=context).data)


class ReadingVoxel(APIView):
    @extend_schema(parameters=[VoxelQuerySerializer, _OF], responses=ReadingVoxelSerializer)
    def get(self, request: Request, reading_id: UUID) -> Response:
        """Read one voxel; its region is empty while the outline is hidden."""
        shown = version_for(
            reading_for(request.user, reading_id), request.query_params.get("of", "")
        )
        query = VoxelQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        index = query.validated_data
        found = read_voxel(images_of(shown), (index["i"], index["j"], index["k"]))
        if found is None:
            raise Http404
        region = "" if shown.is_veiled else found.region
        body = {"region": region, "values": found.values}
        return Response(ReadingVoxelSerializer(body).data, headers={"Cache-Control": "no-store"})


class ReadingRescan(APIView):
    @extend_schema(request=RescanWordsSerializer, responses={201: None})
    def post(self, request: Request, reading_id: UUID) -> Response:
        """Ask the site to scan again; it does not learn who reads."""
        reading = reading_for(request.user, reading_id)
        words = RescanWordsSerializer(data=request.data)
        words.is_valid(raise_exception=True)
        values = words.validated_data
        ask_as_reader(reading, values["reason"], values["action"], by=signed_in(request))
        return Response(status=HTTPStatus.CREATED)


class TrialReadings(generics.ListAPIView[Study]):
    """How far the studies of a trial are read, without values."""

    serializer_class = CaseSerializer
    queryset = Study.objects.none()

    def get_queryset(self) -> QuerySet[Study]:
        if "trial_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        trial = overseen_trial_for(self.request.user, self.kwargs["trial_id"])
        return readable_studies(trial)

    @extend_schema(responses=CaseSerializer(many=True))
    def get(self, request: Request, trial_id: UUID) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        cases = cases_by_study([study.pk for study in page])
        rows = [case_row(study, cases.get(study.pk), may_assign=False) for study in page]
        return self.get_paginated_response(CaseSerializer(rows, many=True).data)

    @extend_schema(request=AssignmentSerializer, responses={201: OutcomeSerializer})
    def post(self, request: Request, trial_id: UUID) -> Response:
        """Give out studies: to the people named, else to those with the fewest open readings."""
        trial = managed_trial_for(request.user, trial_id)
        wanted = AssignmentSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        able = User.objects.filter(
            memberships__trial=trial, memberships__role__in=ASSIGNED_ONLY
        ).distinct()
        people = [*able.filter(email__in=values["people"])]
        outcome = assign_many(
            trial, values["studies"], people, by=signed_in(request), due_on=values["due_on"]
        )
        return Response(OutcomeSerializer(outcome).data, status=HTTPStatus.CREATED)


class TrialResults(generics.ListAPIView[ReadingCase]):
    """Final results of locked studies: the same numbers as the statistician's file, on record."""

    serializer_class = ResultSerializer
    queryset = ReadingCase.objects.none()

    def get_queryset(self) -> QuerySet[ReadingCase]:
        if "trial_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        return locked_cases(overseen_trial_for(self.request.user, self.kwargs["trial_id"]))

    def get(self, request: Request, trial_id: UUID) -> Response:
        trial = overseen_trial_for(request.user, trial_id)
        answer = super().get(request, trial_id)
        if answer.data["results"]:
            record_export(trial, "results", by=signed_in(request))
        return answer
