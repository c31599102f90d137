from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, DeliveryState, Webhook

_WEBHOOK_FIELDS = ("id", "url", "created_at", "stopped_at")


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    class Meta:
        model = Delivery
        fields = ("id", "kind", "object_type", "object_id", "path", "webhook", "state") + (
            "attempts",
            "created_at",
            "finished_at",
        )
        read_only_fields = fields


class NotificationQuerySerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(DeliveryState.choices, required=False)
    kind = serializers.ChoiceField(Kind.choices, required=False)


class EmailChoiceSerializer(serializers.Serializer[Any]):
    kinds = serializers.ListField(
        child=serializers.ChoiceField(Kind.choices),
        max_length=len(Kind),
        help_text="What the caller is told by e-mail",
    )


class WebhookSerializer(serializers.ModelSerializer[Webhook]):
    class Meta:
        model = Webhook
        fields: tuple[str, ...] = _WEBHOOK_FIELDS
        read_only_fields: tuple[str, ...] = _WEBHOOK_FIELDS


class NewWebhookSerializer(serializers.Serializer[Any]):
    url = serializers.URLField(max_length=500)


class WebhookWithSecretSerializer(WebhookSerializer):
    secret = serializers.SerializerMethodField(help_text="Shown once; it cannot be read again")

    class Meta(WebhookSerializer.Meta):
        fields = (*_WEBHOOK_FIELDS, "secret")
        read_only_fields = fields

    def get_secret(self, _webhook: Webhook) -> str:
        secret: str = self.context["secret"]
        return secret
