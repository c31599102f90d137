from __future__ import annotations

from http import HTTPStatus

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.permissions import IsInBrowser
from portal.accounts.requests import signed_in
from portal.notifications import services
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, Webhook
from portal.notifications.serializers import (
    DeliverySerializer,
    EmailChoiceSerializer,
    NewWebhookSerializer,
    NotificationQuerySerializer,
    WebhookSerializer,
    WebhookWithSecretSerializer,
)


class Notifications(generics.ListAPIView[Delivery]):
    """What the caller was told, the newest first."""

    serializer_class = DeliverySerializer

    def get_queryset(self) -> QuerySet[Delivery]:
        told = Delivery.objects.filter(user=signed_in(self.request))
        query = NotificationQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return told.filter(**query.validated_data)

    @extend_schema(parameters=[NotificationQuerySerializer])
    def get(self, request: Request) -> Response:
        return super().get(request)


class EmailChoice(APIView):
    """What the caller wants to be told by e-mail; webhooks are told everything."""

    @extend_schema(responses=EmailChoiceSerializer)
    def get(self, request: Request) -> Response:
        kinds = services.emails_of(signed_in(request))
        return Response(EmailChoiceSerializer({"kinds": kinds}).data)

    @extend_schema(request=EmailChoiceSerializer, responses=EmailChoiceSerializer)
    def put(self, request: Request) -> Response:
        wanted = EmailChoiceSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        kinds = [Kind(value) for value in wanted.validated_data["kinds"]]
        services.choose_emails(signed_in(request), kinds)
        return self.get(request)


class Webhooks(generics.ListAPIView[Webhook]):
    permission_classes = (IsAuthenticated, IsInBrowser)
    serializer_class = WebhookSerializer

    def get_queryset(self) -> QuerySet[Webhook]:
        return Webhook.objects.filter(user=signed_in(self.request))

    @extend_schema(request=NewWebhookSerializer, responses={201: WebhookWithSecretSerializer})
    def post(self, request: Request) -> Response:
        wanted = NewWebhookSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        webhook, secret = services.add_webhook(signed_in(request), wanted.validated_data["url"])
        body = WebhookWithSecretSerializer(webhook, context={"secret": secret}).data
        return Response(body, status=HTTPStatus.CREATED)


class WebhookItem(generics.DestroyAPIView[Webhook]):
    permission_classes = (IsAuthenticated, IsInBrowser)
    serializer_class = WebhookSerializer
    lookup_url_kwarg = "webhook_id"

    def get_queryset(self) -> QuerySet[Webhook]:
        return Webhook.objects.filter(user=signed_in(self.request))

    def perform_destroy(self, instance: Webhook) -> None:
        services.remove_webhook(instance, by=signed_in(self.request))
