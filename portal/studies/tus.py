"""The tus 1.0.0 door: resumable uploads of one file, or of a bundle of many small ones."""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpRequest, UnreadablePostError
from django.urls import reverse
from django.utils.http import http_date
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.studies import transfers
from portal.studies.models import Transfer
from portal.studies.parts import CHECKSUM_ALGORITHMS, Checksum, TransferRefused

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,checksum,expiration,termination"
CHUNK_TYPE = "application/offset+octet-stream"


def _whole_number(request: Request, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdigit() and len(value) < 18):
        raise TransferRefused(f"{header} must be a whole number.", code="header-invalid")
    return int(value)


def _metadata(header: str) -> dict[str, str]:
    pairs = (item.strip().partition(" ") for item in header.split(",") if item.strip())
    try:
        return {
            key: base64.b64decode(value, validate=True).decode("utf-8") for key, _, value in pairs
        }
    except (binascii.Error, UnicodeDecodeError) as error:
        raise TransferRefused(
            "Upload-Metadata must hold base64 values.", code="header-invalid"
        ) from error


def _checksum(header: str | None) -> Checksum | None:
    if header is None:
        return None
    algorithm, _, value = header.partition(" ")
    try:
        return Checksum(algorithm, base64.b64decode(value, validate=True))
    except binascii.Error as error:
        raise TransferRefused(
            "Upload-Checksum must hold a base64 value.", code="header-invalid"
        ) from error


class TusView(APIView):
    parser_classes = ()  # the body is streamed to disc, never parsed

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
            raise TransferRefused(
                f"This portal speaks tus {VERSION}; say so in the header Tus-Resumable.",
                code="tus-version",
                status=HTTPStatus.PRECONDITION_FAILED,
            )

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Tus-Resumable"] = VERSION
        response.headers["Tus-Version"] = VERSION
        response.headers["Cache-Control"] = "no-store"
        return response

    def receive(self, request: Request, transfer: Transfer, offset: int) -> int:
        if request.content_type != CHUNK_TYPE:
            raise TransferRefused(
                f"A chunk has the content type {CHUNK_TYPE}.",
                code="content-type",
                status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            )
        try:
            return transfers.receive_chunk(
                transfer,
                request._request,
                offset=offset,
                length=_whole_number(request, "Content-Length"),
                checksum=_checksum(request.headers.get("Upload-Checksum")),
            )
        except UnreadablePostError as error:
            raise TransferRefused("The connection broke.", code="connection-broken") from error


def _answer(transfer: Transfer, offset: int, status: HTTPStatus) -> Response:
    headers = {
        "Upload-Offset": str(offset),
        "Upload-Expires": http_date(transfer.expires_at.timestamp()),
    }
    return Response(status=status, headers=headers)


@extend_schema(exclude=True)
class TransferCollection(TusView):
    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        headers = {
            "Tus-Extension": EXTENSIONS,
            "Tus-Checksum-Algorithm": ",".join(CHECKSUM_ALGORITHMS),
        }
        return Response(status=HTTPStatus.NO_CONTENT, headers=headers)

    def post(self, request: Request) -> Response:
        length = _whole_number(request, "Upload-Length")
        about = _metadata(request.headers.get("Upload-Metadata", ""))
        transfer = transfers.open_transfer(request.user, length, about)
        has_body = int(request.headers.get("Content-Length") or 0) > 0
        offset = self.receive(request, transfer, 0) if has_body else 0
        response = _answer(transfer, offset, HTTPStatus.CREATED)
        # A path, not an address: behind a proxy the portal may not know its own scheme or host.
        response.headers["Location"] = reverse("tus-transfer", args=[transfer.pk])
        return response


@extend_schema(exclude=True)
class TransferDetail(TusView):
    def head(self, request: Request, transfer_id: UUID) -> Response:
        transfer = transfers.transfer_for(request.user, transfer_id)
        response = _answer(transfer, transfers.resume(transfer), HTTPStatus.OK)
        response.headers["Upload-Length"] = str(transfer.length_bytes)
        return response

    def patch(self, request: Request, transfer_id: UUID) -> Response:
        transfer = transfers.transfer_for(request.user, transfer_id)
        offset = self.receive(request, transfer, _whole_number(request, "Upload-Offset"))
        return _answer(transfer, offset, HTTPStatus.NO_CONTENT)

    def delete(self, request: Request, transfer_id: UUID) -> Response:
        transfers.cancel(transfers.transfer_for(request.user, transfer_id))
        return Response(status=HTTPStatus.NO_CONTENT)
