"""API of queue and storage; models are in ``runs.models_api``."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.permissions import IsAdministrator
from portal.accounts.requests import signed_in
from portal.administration.operation_serializers import (
    QueueSerializer,
    StorageQuerySerializer,
    StorageSerializer,
    SweptSerializer,
    TidiedSerializer,
)
from portal.administration.operations import sweep_queue, tidy_storage
from portal.administration.queue import queue_page
from portal.administration.room import storage_page

ADMINISTRATOR = (IsAuthenticated, IsAdministrator)


class Queue(APIView):
    permission_classes = ADMINISTRATOR

    @extend_schema(responses=QueueSerializer)
    def get(self, request: Request) -> Response:
        """Say where analyses are, what is stuck, what waits to be told."""
        return Response(QueueSerializer(queue_page()).data)


class QueueSweep(APIView):
    permission_classes = ADMINISTRATOR

    @extend_schema(request=None, responses=SweptSerializer)
    def post(self, request: Request) -> Response:
        """Do at once what the scheduler does every few seconds."""
        return Response(SweptSerializer(sweep_queue(by=signed_in(request))).data)


class Storage(APIView):
    permission_classes = ADMINISTRATOR

    @extend_schema(parameters=[StorageQuerySerializer], responses=StorageSerializer)
    def get(self, request: Request) -> Response:
        """Say who takes how much room and what is left."""
        query = StorageQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        page = storage_page(look_for_orphans=query.validated_data["look"])
        return Response(StorageSerializer(page).data)


class StorageTidy(APIView):
    permission_classes = ADMINISTRATOR

    @extend_schema(request=None, responses=TidiedSerializer)
    def post(self, request: Request) -> Response:
        """Give up expired uploads, remove what belongs to nobody."""
        return Response(TidiedSerializer(tidy_storage(by=signed_in(request))).data)
