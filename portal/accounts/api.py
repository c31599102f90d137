from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts import services
from portal.accounts.models import ApiToken, User
from portal.accounts.permissions import IsAdministrator, IsInBrowser, refuse_keys
from portal.accounts.requests import signed_in
from portal.accounts.selectors import find_people
from portal.accounts.serializers import (
    NewTokenSerializer,
    TokenSerializer,
    TokenWithKeySerializer,
    UserQuerySerializer,
    UserSerializer,
)
from portal.conditional import etag_of, refuse_stale


class Me(generics.RetrieveAPIView[User]):
    serializer_class = UserSerializer

    def get_object(self) -> User:
        return signed_in(self.request)


class TokenCollection(generics.ListAPIView[ApiToken]):
    """The caller's own keys for programs."""

    permission_classes = (IsAuthenticated, IsInBrowser)
    serializer_class = TokenSerializer

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user=signed_in(self.request)).order_by("-created_at")

    @extend_schema(request=NewTokenSerializer, responses={201: TokenWithKeySerializer})
    def post(self, request: Request) -> Response:
        wanted = NewTokenSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        token, key = services.create_token(signed_in(request), **wanted.validated_data)
        body = TokenWithKeySerializer(token, context={"key": key}).data
        return Response(body, status=HTTPStatus.CREATED)


class TokenItem(generics.DestroyAPIView[ApiToken]):
    permission_classes = (IsAuthenticated, IsInBrowser)
    serializer_class = TokenSerializer
    lookup_url_kwarg = "token_id"

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.filter(user=signed_in(self.request))

    def perform_destroy(self, instance: ApiToken) -> None:
        services.delete_token(instance, by=signed_in(self.request))


class UserCollection(generics.ListAPIView[User]):
    """All accounts; ``search`` looks into names and addresses."""

    permission_classes = (IsAuthenticated, IsAdministrator)
    serializer_class = UserSerializer

    def get_queryset(self) -> QuerySet[User]:
        query = UserQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return find_people(**query.validated_data)

    @extend_schema(parameters=[UserQuerySerializer])
    def get(self, request: Request) -> Response:
        return super().get(request)


class UserItem(generics.RetrieveAPIView[User]):
    permission_classes = (IsAuthenticated, IsAdministrator)
    serializer_class = UserSerializer
    queryset = User.objects.all()
    lookup_url_kwarg = "user_id"

    @extend_schema(request=UserSerializer, responses=UserSerializer)
    @transaction.atomic
    def patch(self, request: Request, user_id: UUID) -> Response:
        """Change name, activity or administration of an account.

        A key for programs makes nobody an administrator.
        """
        user = get_object_or_404(User.objects.select_for_update(), pk=user_id)
        refuse_stale(request, UserSerializer(user).data)
        wanted = UserSerializer(user, data=request.data, partial=True)
        wanted.is_valid(raise_exception=True)
        if wanted.validated_data.get("is_administrator"):
            refuse_keys(request)
        changed = services.change_user(user, by=signed_in(request), **wanted.validated_data)
        body = UserSerializer(changed).data
        return Response(body, headers={"ETag": etag_of(body)})
