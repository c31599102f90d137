"""API of a trial's plan: reading scheme, visit schedule, visits with their windows."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.requests import signed_in
from portal.trials.models import ReadingScheme, Visit
from portal.trials.schedules import Timing, VisitSchedule
from portal.trials.schemes import set_scheme
from portal.trials.selectors import managed_trial_for, scheme_of, trial_for, visits_for
from portal.trials.visits import punctuality_of, set_schedule


class SchemeSerializer(serializers.ModelSerializer[ReadingScheme]):
    rules = serializers.DictField(help_text="Rules by name; see portal/trials/reading_schemes.py")

    class Meta:
        model = ReadingScheme
        fields = ("version", "rules", "reason", "created_at")
        read_only_fields = ("version", "created_at")


class ScheduledVisitSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    day = serializers.IntegerField(min_value=0)
    days_before = serializers.IntegerField(min_value=0, default=0)
    days_after = serializers.IntegerField(min_value=0, default=0)


class VisitSerializer(serializers.ModelSerializer[Visit]):
    subject = serializers.CharField(source="subject.code", read_only=True)
    site = serializers.CharField(source="subject.site.code", read_only=True)
    timing = serializers.SerializerMethodField()
    days_off = serializers.SerializerMethodField()

    class Meta:
        model = Visit
        fields = ("id", "subject", "site", "name", "actual_date", "timing", "days_off")
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField([each.value for each in Timing]))
    def get_timing(self, visit: Visit) -> str:
        return _punctuality(visit)[0]

    def get_days_off(self, visit: Visit) -> int:
        return _punctuality(visit)[1]


def _punctuality(visit: Visit) -> tuple[str, int]:
    visits = [*visit.subject.visits.all()]
    judged = dict(zip((v.pk for v in visits), punctuality_of(visit.subject, visits), strict=True))
    found = judged[visit.pk]
    return found.timing.value, found.days_off


class VisitQuerySerializer(serializers.Serializer[Any]):
    trial = serializers.UUIDField(required=False, source="subject__trial")
    subject = serializers.CharField(
        required=False, max_length=64, source="subject__code", help_text="Subject code"
    )


class SchemeItem(APIView):
    """How the studies of a trial are read; not shown to those who read."""

    @extend_schema(responses=SchemeSerializer)
    def get(self, request: Request, trial_id: UUID) -> Response:
        scheme = scheme_of(trial_for(request.user, trial_id))
        found = scheme or get_object_or_404(ReadingScheme.objects.none())
        return Response(SchemeSerializer(found).data)

    @extend_schema(request=SchemeSerializer, responses=SchemeSerializer)
    def put(self, request: Request, trial_id: UUID) -> Response:
        trial = managed_trial_for(request.user, trial_id)
        wanted = SchemeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        scheme = set_scheme(
            trial, values["rules"], reason=values.get("reason", ""), by=signed_in(request)
        )
        return Response(SchemeSerializer(scheme).data)


class SchemeVersions(generics.ListAPIView[ReadingScheme]):
    """All schemes that a trial had, the one that holds first."""

    serializer_class = SchemeSerializer
    queryset = ReadingScheme.objects.none()

    def get_queryset(self) -> QuerySet[ReadingScheme]:
        if "trial_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        return managed_trial_for(self.request.user, self.kwargs["trial_id"]).reading_schemes.all()


class ScheduleItem(APIView):
    @extend_schema(responses=ScheduledVisitSerializer(many=True))
    def get(self, request: Request, trial_id: UUID) -> Response:
        schedule = VisitSchedule.of(trial_for(request.user, trial_id).visit_schedule)
        return Response(schedule.as_rows())

    @extend_schema(
        request=ScheduledVisitSerializer(many=True),
        responses=ScheduledVisitSerializer(many=True),
    )
    def put(self, request: Request, trial_id: UUID) -> Response:
        """Replace the visit schedule of a trial."""
        trial = managed_trial_for(request.user, trial_id)
        wanted = ScheduledVisitSerializer(data=request.data, many=True)
        wanted.is_valid(raise_exception=True)
        rows = [dict(row) for row in wanted.validated_data]
        return Response(set_schedule(trial, rows, by=signed_in(request)).as_rows())


class VisitCollection(generics.ListAPIView[Visit]):
    """Visits with the window they fell into or missed."""

    serializer_class = VisitSerializer

    def get_queryset(self) -> QuerySet[Visit]:
        query = VisitQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        visits = visits_for(self.request.user).filter(**query.validated_data)
        visits = visits.prefetch_related("subject__visits")
        return visits.order_by("subject__code", "actual_date", "name", "pk")

    @extend_schema(parameters=[VisitQuerySerializer])
    def get(self, request: Request) -> Response:
        return super().get(request)
