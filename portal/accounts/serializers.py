from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.accounts.models import ApiToken, User
from portal.accounts.services import LONGEST_TOKEN_DAYS, TOKEN_DAYS


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "email", "name", "is_administrator", "is_active", "date_joined")
        read_only_fields = ("id", "email", "date_joined")


class UserQuerySerializer(serializers.Serializer[Any]):
    search = serializers.CharField(required=False, allow_blank=True, max_length=200)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)
    is_administrator = serializers.BooleanField(required=False, allow_null=True, default=None)


_TOKEN_FIELDS = ("id", "name", "scope", "created_at", "expires_at", "last_used_at")


class TokenSerializer(serializers.ModelSerializer[ApiToken]):
    class Meta:
        model = ApiToken
        fields: tuple[str, ...] = _TOKEN_FIELDS
        read_only_fields: tuple[str, ...] = _TOKEN_FIELDS


class NewTokenSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    scope = serializers.ChoiceField(ApiToken.Scope.choices, default=ApiToken.Scope.READ)
    days = serializers.IntegerField(min_value=1, max_value=LONGEST_TOKEN_DAYS, default=TOKEN_DAYS)


class TokenWithKeySerializer(TokenSerializer):
    key = serializers.SerializerMethodField(help_text="Shown once; it cannot be read again")

    class Meta(TokenSerializer.Meta):
        fields = (*_TOKEN_FIELDS, "key")
        read_only_fields = fields

    def get_key(self, _token: ApiToken) -> str:
        key: str = self.context["key"]
        return key
