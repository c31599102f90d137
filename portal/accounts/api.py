from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts import services
from portal.accounts.models import ApiToken, User
from portal.accounts.permissions import IsAdministrator, IsInBrowser
from portal.accounts.requests import signed_in
from portal.accounts.serializers import (
    NewTokenSerializer,
    TokenSerializer,
    TokenWithKeySerializer,
    UserSerializer,
)


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
    permission_classes = (IsAuthenticated, IsAdministrator)
    serializer_class = UserSerializer
    queryset = User.objects.order_by("email")


class UserItem(generics.RetrieveUpdateAPIView[User]):
    permission_classes = (IsAuthenticated, IsAdministrator)
    serializer_class = UserSerializer
    queryset = User.objects.all()
    lookup_url_kwarg = "user_id"
    http_method_names = ("get", "patch", "head", "options")  # no PUT: nobody replaces a person

    def perform_update(self, serializer: serializers.BaseSerializer[User]) -> None:
        changes: dict[str, Any] = serializer.validated_data
        services.change_user(self.get_object(), by=signed_in(self.request), **changes)
        serializer.instance = self.get_object()
