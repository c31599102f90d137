"""API of impression, signatures and amendments; signing itself asks for a person at a browser."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.requests import signed_in
from portal.reports import signing
from portal.reports.documents import liver_report
from portal.reports.impression import draft_impression
from portal.reports.models import Impression, Report, Signature
from portal.reports.selectors import readable_report_for, report_for
from portal.reports.serializers import ReportSerializer
from portal.runs.models_serializers import ReasonSerializer


class ImpressionSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=signing.LONGEST)
    is_draft = serializers.BooleanField(
        read_only=True, help_text="Made from the numbers, by nobody"
    )
    written_by = serializers.EmailField(read_only=True, allow_null=True)
    written_at = serializers.DateTimeField(read_only=True, allow_null=True)


class SignatureSerializer(serializers.ModelSerializer[Signature]):
    is_intact = serializers.SerializerMethodField(help_text="The record still hashes to it")

    class Meta:
        model = Signature
        fields = (
            "printed_name",
            "meaning",
            "signed_at",
            "record_sha256",
            "signature_sha256",
            "is_intact",
        )
        read_only_fields = fields

    def get_is_intact(self, signature: Signature) -> bool:
        return signing.is_intact(signature)


class ReportImpression(APIView):
    @extend_schema(responses=ImpressionSerializer)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Return the impression, or the draft of one while nobody has written it."""
        return _impression(report_for(request.user, report_id))

    @extend_schema(request=ImpressionSerializer, responses=ImpressionSerializer)
    def put(self, request: Request, report_id: UUID) -> Response:
        """Write the impression; free to change until the version is signed."""
        report = readable_report_for(request.user, report_id)
        wanted = ImpressionSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        signing.write_impression(report, wanted.validated_data["text"], by=signed_in(request))
        return _impression(report)


def _impression(report: Report) -> Response:
    written = Impression.objects.filter(report=report).select_related("written_by").first()
    body = {
        "text": written.text if written else draft_impression(liver_report(report)),
        "is_draft": written is None,
        "written_by": written.written_by.email if written else None,
        "written_at": written.written_at if written else None,
    }
    return Response(ImpressionSerializer(body).data)


class ReportSignatures(APIView):
    @extend_schema(responses=SignatureSerializer(many=True))
    def get(self, request: Request, report_id: UUID) -> Response:
        """List the signatures of a version; signing is done on the page."""
        signatures = report_for(request.user, report_id).signatures.all()
        return Response(SignatureSerializer(signatures, many=True).data)


class ReportAmendments(APIView):
    @extend_schema(request=ReasonSerializer, responses={201: ReportSerializer})
    def post(self, request: Request, report_id: UUID) -> Response:
        """Open a new version of a signed report; the signed one stays as it is."""
        report = readable_report_for(request.user, report_id)
        given = ReasonSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        new = signing.amend(report, given.validated_data["reason"], by=signed_in(request))
        return Response(ReportSerializer(new).data, status=HTTPStatus.CREATED)


class ReportRecord(APIView):
    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request, report_id: UUID) -> Response:
        """Return what the signatures cover, so that anyone can hash it again."""
        return Response(signing.record_with_signatures(report_for(request.user, report_id)))


class SignedRecord(APIView):
    @extend_schema(responses=SignatureSerializer(many=True))
    def get(self, request: Request, record_sha256: str) -> Response:
        """Say whether a printed hash is that of a signed record; the page asks for no account."""
        found = Signature.objects.filter(record_sha256=record_sha256).select_related("report")
        if not found:
            raise Http404
        return Response(SignatureSerializer(found, many=True).data)
