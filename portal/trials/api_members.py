"""API of a trial's people: who may do what in it, and who was invited to it."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.models import Invitation
from portal.accounts.requests import signed_in
from portal.trials.models import InvitedMembership, Membership, Role, Site
from portal.trials.selectors import invited_to, managed_trial_for, members_of, overseen_trial_for
from portal.trials.serializers import (
    AddedSerializer,
    InvitedSerializer,
    MemberQuerySerializer,
    MemberSerializer,
    NewMemberSerializer,
)
from portal.trials.services import invite_member, remove_member, withdraw_promise


class TrialMembers(generics.ListAPIView[Membership]):
    """Who may do what in a trial; for those who manage or monitor it."""

    serializer_class = MemberSerializer
    queryset = Membership.objects.none()

    def get_queryset(self) -> QuerySet[Membership]:
        if "trial_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        trial = overseen_trial_for(self.request.user, self.kwargs["trial_id"])
        query = MemberQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return members_of(trial).filter(**query.validated_data)

    @extend_schema(parameters=[MemberQuerySerializer])
    def get(self, request: Request, trial_id: UUID) -> Response:
        return super().get(request, trial_id)

    @extend_schema(request=NewMemberSerializer, responses={201: AddedSerializer})
    def post(self, request: Request, trial_id: UUID) -> Response:
        """Add a person, or invite the address if it has no account; a trial's managers do."""
        trial = managed_trial_for(request.user, trial_id)
        wanted = NewMemberSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        site = get_object_or_404(Site, trial=trial, pk=values["site"]) if values["site"] else None
        added = invite_member(
            values["email"], trial, Role(values["role"]), by=signed_in(request), site=site
        )
        is_invited = isinstance(added, Invitation)
        body = {"is_invited": is_invited, "membership": None if is_invited else added.pk}
        return Response(AddedSerializer(body).data, status=HTTPStatus.CREATED)


class TrialMember(APIView):
    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, trial_id: UUID, membership_id: int) -> Response:
        """Take a role away."""
        trial = managed_trial_for(request.user, trial_id)
        membership = get_object_or_404(members_of(trial), pk=membership_id)
        remove_member(membership, by=signed_in(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class TrialPromise(APIView):
    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, trial_id: UUID, promise_id: int) -> Response:
        """Take back a role whose invitation is not accepted yet; a trial's managers do."""
        trial = managed_trial_for(request.user, trial_id)
        promised = get_object_or_404(invited_to(trial), pk=promise_id)
        withdraw_promise(promised, by=signed_in(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class TrialInvited(generics.ListAPIView[InvitedMembership]):
    """Roles that wait for an invitation to be accepted; for a trial's managers."""

    serializer_class = InvitedSerializer
    queryset = InvitedMembership.objects.none()

    def get_queryset(self) -> QuerySet[InvitedMembership]:
        if "trial_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        return invited_to(managed_trial_for(self.request.user, self.kwargs["trial_id"]))
