from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.permissions import administrator
from portal.accounts.requests import signed_in
from portal.trials.models import Protocol, Role, Site, Subject, Trial
from portal.trials.protocols import ProtocolRules, Verdict, judge
from portal.trials.selectors import (
    ANY_ROLE,
    managed_trial_for,
    site_for,
    sites_for,
    subject_for,
    subjects_for,
    trial_for,
    trials_for,
)
from portal.trials.serializers import (
    FactsSerializer,
    NewTrialSerializer,
    ProtocolSerializer,
    SiteSerializer,
    SubjectDetailSerializer,
    SubjectQuerySerializer,
    SubjectSerializer,
    TrialSerializer,
    TriedProtocolSerializer,
    VerdictSerializer,
    facts_of,
)
from portal.trials.services import create_trial, set_protocol
from portal.trials.subject_pages import build_subject_page


class TrialCollection(generics.ListAPIView[Trial]):
    serializer_class = TrialSerializer

    def get_queryset(self) -> QuerySet[Trial]:
        return trials_for(self.request.user)

    @extend_schema(request=NewTrialSerializer, responses={201: TrialSerializer})
    def post(self, request: Request) -> Response:
        """Open a trial; administrators do."""
        by = administrator(request)
        wanted = NewTrialSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        trial = create_trial(wanted.validated_data["name"], by=by)
        return Response(TrialSerializer(trial).data, status=HTTPStatus.CREATED)


class SiteCollection(generics.ListAPIView[Site]):
    """The sites a person works at; ``?role=uploader`` leaves those they may send studies for."""

    serializer_class = SiteSerializer

    def get_queryset(self) -> QuerySet[Site]:
        role = self.request.query_params.get("role")
        if role is not None and role not in Role.values:
            raise ValidationError({"role": [f"must be one of {', '.join(Role.values)}"]})
        roles = ANY_ROLE if role is None else (Role(role),)
        return sites_for(self.request.user, roles).select_related("trial")

    @extend_schema(parameters=[OpenApiParameter("role", str, enum=Role.values)])
    def get(self, request: Request) -> Response:
        return super().get(request)


class SubjectCollection(generics.ListAPIView[Subject]):
    serializer_class = SubjectSerializer

    def get_queryset(self) -> QuerySet[Subject]:
        query = SubjectQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        found = subjects_for(self.request.user).filter(**query.validated_data)
        return found.order_by("site__code", "code", "pk")

    @extend_schema(parameters=[SubjectQuerySerializer])
    def get(self, request: Request) -> Response:
        return super().get(request)


class SubjectItem(APIView):
    @extend_schema(responses=SubjectDetailSerializer)
    def get(self, request: Request, subject_id: UUID) -> Response:
        """Return a subject with the visits it had, their windows, and those to come."""
        page = build_subject_page(subject_for(request.user, subject_id))
        return Response(SubjectDetailSerializer(page).data)


class ProtocolItem(APIView):
    """What a trial asks of an acquisition; its managers change it."""

    @extend_schema(responses=ProtocolSerializer)
    def get(self, request: Request, trial_id: UUID) -> Response:
        protocol = get_object_or_404(Protocol, trial=trial_for(request.user, trial_id))
        return Response(ProtocolSerializer(protocol).data)

    @extend_schema(request=ProtocolSerializer, responses=ProtocolSerializer)
    def put(self, request: Request, trial_id: UUID) -> Response:
        trial = managed_trial_for(request.user, trial_id)
        wanted = ProtocolSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        protocol = set_protocol(
            trial, values.get("name", ""), values.get("rules", {}), by=signed_in(request)
        )
        return Response(ProtocolSerializer(protocol).data)


class ProtocolTry(APIView):
    @extend_schema(request=TriedProtocolSerializer, responses=VerdictSerializer)
    def post(self, request: Request, trial_id: UUID) -> Response:
        """Try rules on an acquisition before they are saved; nothing changes by that."""
        managed_trial_for(request.user, trial_id)
        tried = TriedProtocolSerializer(data=request.data)
        tried.is_valid(raise_exception=True)
        rules = ProtocolRules.of(tried.validated_data["rules"])
        return _answer(judge(facts_of(tried.validated_data["facts"]), rules), None)


def _answer(verdict: Verdict, version: int | None) -> Response:
    body = {
        "standing": verdict.standing,
        "deviations": verdict.deviations,
        "protocol_version": version,
    }
    return Response(VerdictSerializer(body).data)


class ProtocolCheck(APIView):
    """Say, while the patient is still there, whether an acquisition meets the protocol."""

    @extend_schema(request=FactsSerializer, responses=VerdictSerializer)
    def post(self, request: Request, site_id: UUID) -> Response:
        site = site_for(request.user, site_id)
        said = FactsSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        protocol = Protocol.objects.filter(trial=site.trial).first()
        verdict = judge(said.facts(), ProtocolRules.of(protocol.rules if protocol else {}))
        return _answer(verdict, protocol.version if protocol else None)
