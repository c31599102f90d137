"""API of what the pages about people do; the accounts themselves are in ``accounts.api``."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts import services
from portal.accounts.invitations import invite, withdraw
from portal.accounts.models import ApiToken, Invitation, User
from portal.accounts.permissions import IsAdministrator, refuse_keys
from portal.accounts.requests import signed_in
from portal.accounts.selectors import open_invitations
from portal.accounts.serializers import TokenSerializer
from portal.administration.people import factors_of, memberships_of
from portal.administration.people_serializers import (
    FactorSerializer,
    InvitationSerializer,
    NewInvitationSerializer,
    SessionSerializer,
)
from portal.trials.models import Membership
from portal.trials.serializers import MemberSerializer

ADMINISTRATOR = (IsAuthenticated, IsAdministrator)


class Invitations(generics.ListAPIView[Invitation]):
    """Invitations whose link still works."""

    permission_classes = ADMINISTRATOR
    serializer_class = InvitationSerializer

    def get_queryset(self) -> QuerySet[Invitation]:
        return open_invitations()

    @extend_schema(request=NewInvitationSerializer, responses={201: InvitationSerializer})
    def post(self, request: Request) -> Response:
        """Send a link to an address that has no account; an older link stops working.

        A key for programs does not invite administrators.
        """
        wanted = NewInvitationSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        if wanted.validated_data["is_administrator"]:
            refuse_keys(request)
        sent = invite(by=signed_in(request), **wanted.validated_data)
        return Response(InvitationSerializer(sent).data, status=HTTPStatus.CREATED)


class InvitationItem(generics.RetrieveDestroyAPIView[Invitation]):
    """One open invitation; deleted, its link stops working."""

    permission_classes = ADMINISTRATOR
    serializer_class = InvitationSerializer
    lookup_url_kwarg = "invitation_id"

    def get_queryset(self) -> QuerySet[Invitation]:
        return open_invitations()

    def perform_destroy(self, instance: Invitation) -> None:
        withdraw(instance, by=signed_in(self.request))


class UserMemberships(generics.ListAPIView[Membership]):
    """A person's roles in all trials; they are given and taken at the trial's ``members/``."""

    permission_classes = ADMINISTRATOR
    serializer_class = MemberSerializer
    queryset = Membership.objects.none()

    def get_queryset(self) -> QuerySet[Membership]:
        if "user_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        return memberships_of(get_object_or_404(User, pk=self.kwargs["user_id"]))


class UserSessions(APIView):
    permission_classes = ADMINISTRATOR

    @extend_schema(responses=SessionSerializer(many=True))
    def get(self, request: Request, user_id: UUID) -> Response:
        """List where a person is signed in."""
        user = get_object_or_404(User, pk=user_id)
        rows = UserSession.objects.purge_and_list(user)
        return Response(SessionSerializer(rows, many=True).data)

    @extend_schema(operation_id="users_sessions_destroy_all", request=None, responses={204: None})
    def delete(self, request: Request, user_id: UUID) -> Response:
        """Sign a person out everywhere; their keys for programs stay."""
        user = get_object_or_404(User, pk=user_id)
        services.sign_out_everywhere(user, by=signed_in(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class UserSessionItem(APIView):
    permission_classes = ADMINISTRATOR

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, user_id: UUID, session_id: int) -> Response:
        """End one session."""
        session = get_object_or_404(UserSession, user=user_id, pk=session_id)
        services.end_session(session, by=signed_in(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class UserTokens(generics.ListAPIView[ApiToken]):
    """A person's keys for programs."""

    permission_classes = ADMINISTRATOR
    serializer_class = TokenSerializer
    queryset = ApiToken.objects.none()

    def get_queryset(self) -> QuerySet[ApiToken]:
        if "user_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        user = get_object_or_404(User, pk=self.kwargs["user_id"])
        return user.api_tokens.order_by("-created_at", "pk")


class UserTokenItem(APIView):
    permission_classes = ADMINISTRATOR

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, user_id: UUID, token_id: UUID) -> Response:
        """Withdraw a person's key."""
        token = get_object_or_404(ApiToken, user=user_id, pk=token_id)
        services.delete_token(token, by=signed_in(request))
        return Response(status=HTTPStatus.NO_CONTENT)


class UserSecondFactor(APIView):
    permission_classes = ADMINISTRATOR

    @extend_schema(responses=FactorSerializer(many=True))
    def get(self, request: Request, user_id: UUID) -> Response:
        """List the kinds of second factor that a person has set up."""
        user = get_object_or_404(User, pk=user_id)
        return Response(FactorSerializer(factors_of(user), many=True).data)

    @extend_schema(request=None, responses={204: None})
    def delete(self, request: Request, user_id: UUID) -> Response:
        """Take a lost second factor away, and sign the person out everywhere.

        A key for programs may not: a stolen one would open every account.
        """
        refuse_keys(request)
        user = get_object_or_404(User, pk=user_id)
        services.reset_second_factor(user, by=signed_in(request))
        return Response(status=HTTPStatus.NO_CONTENT)
