from __future__ import annotations

from http import HTTPStatus

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.permissions import IsAdministrator
from portal.accounts.requests import signed_in
from portal.runs import models_registry
from portal.runs.models_serializers import (
    ModelLineSerializer,
    PackageSerializer,
    ReasonSerializer,
)

ADMINISTRATOR = (IsAuthenticated, IsAdministrator)


def _answer(sha256: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    line = next(one for one in models_registry.overview().models if one.sha256 == sha256)
    return Response(ModelLineSerializer(line).data, status=status)


class Models(APIView):
    permission_classes = ADMINISTRATOR
    parser_classes = (MultiPartParser, JSONParser)

    @extend_schema(operation_id="models_list", responses=ModelLineSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the segmentation models, installed or used in the past."""
        lines = models_registry.overview().models
        return Response([ModelLineSerializer(line).data for line in lines])

    @extend_schema(
        request={"multipart/form-data": PackageSerializer}, responses={201: ModelLineSerializer}
    )
    def post(self, request: Request) -> Response:
        """Import a model package: a ZIP of model.onnx and card.json. It is not active yet."""
        sent = PackageSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        row = models_registry.import_package(
            sent.validated_data["package"].file, by=signed_in(request)
        )
        return _answer(row.sha256, HTTPStatus.CREATED)


class ActivateModel(APIView):
    permission_classes = ADMINISTRATOR

    @extend_schema(request=ReasonSerializer, responses=ModelLineSerializer)
    def post(self, request: Request, sha256: str) -> Response:
        """Let new analyses take this model."""
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        models_registry.activate(sha256, by=signed_in(request), **given.validated_data)
        return _answer(sha256)


class RollBackModel(APIView):
    permission_classes = ADMINISTRATOR

    @extend_schema(request=ReasonSerializer, responses=ModelLineSerializer)
    def post(self, request: Request) -> Response:
        """Return to the model that was active before."""
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return _answer(models_registry.roll_back(by=signed_in(request), **given.validated_data))
