"""API of a trial's making: the trial itself, its sites, the form of its subject codes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.permissions import administrator
from portal.accounts.requests import signed_in
from portal.trials.changes import rename_site, rename_trial, set_quota
from portal.trials.models import Site, Trial
from portal.trials.selectors import managed_trial_for, trial_for
from portal.trials.serializers import (
    NewSiteSerializer,
    SiteChangeSerializer,
    SiteSerializer,
    SubjectRulesSerializer,
    TrialChangeSerializer,
    TrialSerializer,
)
from portal.trials.services import close_trial, create_site, reopen_trial
from portal.trials.visits import set_subject_rules


class TrialItem(APIView):
    @extend_schema(responses=TrialSerializer)
    def get(self, request: Request, trial_id: UUID) -> Response:
        return Response(TrialSerializer(trial_for(request.user, trial_id)).data)

    @extend_schema(request=TrialChangeSerializer, responses=TrialSerializer)
    @transaction.atomic
    def patch(self, request: Request, trial_id: UUID) -> Response:
        """Change name or room, close a trial to studies or open it again; administrators do."""
        by = administrator(request)
        trial = trial_for(by, trial_id)
        wanted = TrialChangeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        if "name" in values:
            trial = rename_trial(trial, values["name"], by=by)
        if "quota_bytes" in values:
            trial = set_quota(trial, values["quota_bytes"], by=by)
        if "is_closed" in values:
            act = close_trial if values["is_closed"] else reopen_trial
            trial = act(trial, by=by)
        return Response(TrialSerializer(trial).data)


class TrialSites(generics.ListAPIView[Site]):
    """All sites of a trial; those one works at are at ``sites/``."""

    serializer_class = SiteSerializer
    queryset = Site.objects.none()

    def get_queryset(self) -> QuerySet[Site]:
        if "trial_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        return trial_for(self.request.user, self.kwargs["trial_id"]).sites.select_related("trial")

    @extend_schema(request=NewSiteSerializer, responses={201: SiteSerializer})
    def post(self, request: Request, trial_id: UUID) -> Response:
        """Add a site to a trial; its managers do."""
        trial = managed_trial_for(request.user, trial_id)
        wanted = NewSiteSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        site = create_site(trial, values["name"], code=values["code"], by=signed_in(request))
        return Response(SiteSerializer(site).data, status=HTTPStatus.CREATED)


class TrialSite(APIView):
    @extend_schema(request=SiteChangeSerializer, responses=SiteSerializer)
    def patch(self, request: Request, trial_id: UUID, site_id: UUID) -> Response:
        """Give a site another name; its code stays. A trial's managers do."""
        trial = managed_trial_for(request.user, trial_id)
        site = get_object_or_404(trial.sites, pk=site_id)
        wanted = SiteChangeSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        renamed = rename_site(site, wanted.validated_data["name"], by=signed_in(request))
        return Response(SiteSerializer(renamed).data)


class SubjectRules(APIView):
    """What subject codes look like; a trial's managers change it."""

    @extend_schema(responses=SubjectRulesSerializer)
    def get(self, request: Request, trial_id: UUID) -> Response:
        return Response(_rules_of(trial_for(request.user, trial_id)))

    @extend_schema(request=SubjectRulesSerializer, responses=SubjectRulesSerializer)
    def put(self, request: Request, trial_id: UUID) -> Response:
        """Change the form of subject codes; codes given out before stay as they are."""
        trial = managed_trial_for(request.user, trial_id)
        wanted = SubjectRulesSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        changed = set_subject_rules(
            trial, values["form"], once_a_trial=values["once_a_trial"], by=signed_in(request)
        )
        return Response(_rules_of(changed))


def _rules_of(trial: Trial) -> dict[str, Any]:
    return {"form": trial.subject_form, "once_a_trial": trial.is_subject_code_once_a_trial}
