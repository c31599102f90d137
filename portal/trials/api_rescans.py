"""API of requests to scan again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.requests import signed_in
from portal.trials.models import RescanRequest
from portal.trials.rescans import (
    LONGEST,
    MAY_ANSWER,
    MAY_ASK,
    answer_rescan,
    ask_for_rescan,
    managed_rescan_for,
    rescan_for,
    rescans_for,
    withdraw_rescan,
)
from portal.trials.selectors import visits_for


class RescanSerializer(serializers.ModelSerializer[RescanRequest]):
    """A request as its site reads it: who reads is not among it."""

    subject = serializers.CharField(source="visit.subject.code", read_only=True)
    visit = serializers.CharField(source="visit.name", read_only=True)
    site = serializers.CharField(source="visit.subject.site.code", read_only=True)

    class Meta:
        model = RescanRequest
        fields = (
            "id",
            "site",
            "subject",
            "visit",
            "source",
            "reason",
            "action",
            "state",
            "raised_at",
            "closed_at",
            "answer",
        )
        read_only_fields = fields


class RescanQuerySerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(RescanRequest.State.choices, required=False)
    trial = serializers.UUIDField(required=False, source="visit__subject__trial")
    subject = serializers.CharField(
        required=False, max_length=64, source="visit__subject__code", help_text="Subject code"
    )


class RescanWordsSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=LONGEST, help_text="What is wrong with the images")
    action = serializers.CharField(max_length=LONGEST, help_text="What the site is to do")


class NewRescanSerializer(RescanWordsSerializer):
    visit = serializers.UUIDField()


class ClosingWordsSerializer(serializers.Serializer[Any]):
    words = serializers.CharField(max_length=LONGEST)


class RescanCollection(generics.ListAPIView[RescanRequest]):
    serializer_class = RescanSerializer

    def get_queryset(self) -> QuerySet[RescanRequest]:
        query = RescanQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return rescans_for(self.request.user).filter(**query.validated_data)

    @extend_schema(parameters=[RescanQuerySerializer], responses=RescanSerializer(many=True))
    def get(self, request: Request) -> Response:
        return super().get(request)

    @extend_schema(request=NewRescanSerializer, responses={201: RescanSerializer})
    def post(self, request: Request) -> Response:
        """Ask for a scan because the protocol was not met; an open request is answered as it is."""
        wanted = NewRescanSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        values = wanted.validated_data
        visit = get_object_or_404(visits_for(request.user, MAY_ASK), pk=values["visit"])
        made = ask_for_rescan(
            visit,
            RescanRequest.Source.PROTOCOL,
            values["reason"],
            values["action"],
            by=signed_in(request),
        )
        return Response(RescanSerializer(made).data, status=HTTPStatus.CREATED)


class RescanItem(generics.RetrieveAPIView[RescanRequest]):
    serializer_class = RescanSerializer
    lookup_url_kwarg = "request_id"

    def get_object(self) -> RescanRequest:
        return rescan_for(self.request.user, self.kwargs["request_id"])


class RescanAnswer(APIView):
    @extend_schema(request=ClosingWordsSerializer, responses=RescanSerializer)
    def post(self, request: Request, request_id: UUID) -> Response:
        """Say what the site did, or why it cannot scan again."""
        found = rescan_for(request.user, request_id, MAY_ANSWER)
        closed = answer_rescan(found, _words(request), by=signed_in(request))
        return Response(RescanSerializer(closed).data)


class RescanWithdrawal(APIView):
    @extend_schema(request=ClosingWordsSerializer, responses=RescanSerializer)
    def post(self, request: Request, request_id: UUID) -> Response:
        """Take a request back; managers do."""
        found = managed_rescan_for(request.user, request_id)
        closed = withdraw_rescan(found, _words(request), by=signed_in(request))
        return Response(RescanSerializer(closed).data)


def _words(request: Request) -> str:
    said = ClosingWordsSerializer(data=request.data)
    said.is_valid(raise_exception=True)
    words: str = said.validated_data["words"]
    return words
