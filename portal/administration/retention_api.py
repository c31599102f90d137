"""API of retention: policies, legal holds, the dry run of a deletion, deletions and records."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.permissions import IsAdministrator
from portal.accounts.requests import signed_in
from portal.administration.retention_pages import trial_line
from portal.administration.retention_serializers import (
    DeletionQuerySerializer,
    DeletionRecordSerializer,
    DeletionRequestSerializer,
    HoldSerializer,
    NewHoldSerializer,
    NewPolicySerializer,
    PlanSerializer,
    PolicySerializer,
    TrialLineSerializer,
)
from portal.retention import services
from portal.retention.models import DeletionRecord, LegalHold
from portal.retention.plans import plan_for
from portal.retention.selectors import due_studies, hold_on, policy_of, standing_holds
from portal.studies.models import Study
from portal.studies.serializers import StudySerializer
from portal.trials.models import Trial

ADMINISTRATOR = (IsAuthenticated, IsAdministrator)


class Retention(generics.ListAPIView[Trial]):
    """Each trial with its policy, its holds and how many studies are over their time."""

    permission_classes = ADMINISTRATOR
    serializer_class = TrialLineSerializer
    queryset = Trial.objects.order_by("name", "pk")

    @extend_schema(responses=TrialLineSerializer(many=True))
    def get(self, request: Request) -> Response:
        page = self.paginate_queryset(self.get_queryset()) or []
        lines = [trial_line(trial) for trial in page]
        return self.get_paginated_response(TrialLineSerializer(lines, many=True).data)


class TrialPolicy(APIView):
    """How long the studies of a trial are kept; a policy alone deletes nothing."""

    permission_classes = ADMINISTRATOR

    @extend_schema(responses=PolicySerializer)
    def get(self, request: Request, trial_id: UUID) -> Response:
        policy = policy_of(get_object_or_404(Trial, pk=trial_id))
        if policy is None:
            raise Http404
        return Response(PolicySerializer(policy).data)

    @extend_schema(request=NewPolicySerializer, responses=PolicySerializer)
    def put(self, request: Request, trial_id: UUID) -> Response:
        trial = get_object_or_404(Trial, pk=trial_id)
        wanted = NewPolicySerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        policy = services.set_policy(trial, by=signed_in(request), **wanted.validated_data)
        return Response(PolicySerializer(policy).data)


class DueStudies(generics.ListAPIView[Study]):
    """Studies of a trial that are over their time and that no hold keeps, the oldest first."""

    permission_classes = ADMINISTRATOR
    serializer_class = StudySerializer
    queryset = Study.objects.none()

    def get_queryset(self) -> QuerySet[Study]:
        if "trial_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        return due_studies(get_object_or_404(Trial, pk=self.kwargs["trial_id"]))


class TrialHolds(generics.ListAPIView[LegalHold]):
    """Legal holds that stand."""

    permission_classes = ADMINISTRATOR
    serializer_class = HoldSerializer
    queryset = LegalHold.objects.none()

    def get_queryset(self) -> QuerySet[LegalHold]:
        if "trial_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        return standing_holds(get_object_or_404(Trial, pk=self.kwargs["trial_id"]))

    @extend_schema(request=NewHoldSerializer, responses={201: HoldSerializer})
    def post(self, request: Request, trial_id: UUID) -> Response:
        """Keep a trial, or one study of it, from being deleted."""
        trial = get_object_or_404(Trial, pk=trial_id)
        wanted = NewHoldSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        study_id, reason = wanted.validated_data["study_id"], wanted.validated_data["reason"]
        study = get_object_or_404(Study, trial=trial, pk=study_id) if study_id else None
        hold = services.place_hold(trial, reason=reason, by=signed_in(request), study=study)
        return Response(HoldSerializer(hold).data, status=HTTPStatus.CREATED)


class HoldItem(generics.RetrieveDestroyAPIView[LegalHold]):
    """A hold that stands; deleted, it is released and stays on record."""

    permission_classes = ADMINISTRATOR
    serializer_class = HoldSerializer
    queryset = LegalHold.objects.filter(released_at=None).select_related("placed_by")
    lookup_url_kwarg = "hold_id"

    def perform_destroy(self, instance: LegalHold) -> None:
        services.release_hold(instance, by=signed_in(self.request))


class StudyDeletion(APIView):
    permission_classes = ADMINISTRATOR

    @extend_schema(responses=PlanSerializer)
    def get(self, request: Request, study_id: UUID) -> Response:
        """Show what deleting a study would remove; nothing goes by looking."""
        study = get_object_or_404(Study, pk=study_id)
        plan, hold = plan_for(study), hold_on(study)
        body = {
            "plan_sha256": plan.sha256,
            "freed_bytes": plan.freed_bytes,
            "held_because": hold.reason if hold else "",
            "contents": plan.as_json(),
        }
        return Response(PlanSerializer(body).data)

    @extend_schema(request=DeletionRequestSerializer, responses={201: DeletionRecordSerializer})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Delete a study exactly as its dry run said."""
        study = get_object_or_404(Study.objects.select_related("subject"), pk=study_id)
        wanted = DeletionRequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        services.refuse_other_subject(study, values["subject"])
        deletion = services.delete_study(
            study, plan_sha256=values["plan_sha256"], reason=values["reason"], by=signed_in(request)
        )
        return Response(DeletionRecordSerializer(deletion).data, status=HTTPStatus.CREATED)


class Deletions(generics.ListAPIView[DeletionRecord]):
    """What was deleted, by whom and why; these records are never deleted."""

    permission_classes = ADMINISTRATOR
    serializer_class = DeletionRecordSerializer

    def get_queryset(self) -> QuerySet[DeletionRecord]:
        query = DeletionQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return DeletionRecord.objects.filter(**query.validated_data).select_related("deleted_by")

    @extend_schema(parameters=[DeletionQuerySerializer])
    def get(self, request: Request) -> Response:
        return super().get(request)
