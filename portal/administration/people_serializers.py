from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from rest_framework import serializers

from portal.accounts.models import Invitation


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    invited_by = serializers.EmailField(source="invited_by.email", read_only=True)

    class Meta:
        model = Invitation
        fields = ("id", "email", "is_administrator", "invited_by", "created_at", "expires_at")
        read_only_fields = fields


class NewInvitationSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    is_administrator = serializers.BooleanField(default=False)


class SessionSerializer(serializers.ModelSerializer[UserSession]):
    class Meta:
        model = UserSession
        fields = ("id", "ip", "user_agent", "created_at", "last_seen_at")
        read_only_fields = fields


class FactorSerializer(serializers.ModelSerializer[Authenticator]):
    """What kind it is and when it was used; never what it is made of."""

    class Meta:
        model = Authenticator
        fields = ("type", "created_at", "last_used_at")
        read_only_fields = fields
