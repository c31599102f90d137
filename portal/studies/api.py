from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.requests import signed_in
from portal.studies import services
from portal.studies.deidentification.rules import rule_table
from portal.studies.models import Study, Upload, UploadFile
from portal.studies.selectors import (
    MAY_UPLOAD,
    studies_for,
    study_for,
    upload_for,
    uploads_for,
)
from portal.studies.serializers import (
    ManifestSerializer,
    ReceiptLineSerializer,
    SiteRulesSerializer,
    StudyQuerySerializer,
    StudySerializer,
    UploadDetailSerializer,
    UploadQuerySerializer,
    UploadSerializer,
)
from portal.studies.site_keys import give_key
from portal.trials.selectors import site_for


class UploadCollection(generics.ListAPIView[Upload]):
    serializer_class = UploadSerializer

    def get_queryset(self) -> QuerySet[Upload]:
        query = UploadQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return uploads_for(self.request.user).filter(**query.validated_data)

    @extend_schema(parameters=[UploadQuerySerializer])
    def get(self, request: Request) -> Response:
        return super().get(request)

    @extend_schema(request=ManifestSerializer, responses={201: UploadDetailSerializer})
    def post(self, request: Request) -> Response:
        """Announce the files of one study; sent again, the open upload is resumed."""
        manifest = ManifestSerializer(data=request.data)
        manifest.is_valid(raise_exception=True)
        values = manifest.validated_data
        upload = services.open_upload(
            signed_in(request),
            site_for(request.user, values["site"], MAY_UPLOAD),
            values["subject"],
            values["visit"],
            manifest.lines(),
            is_new_version=values["new_version"],
            not_sent=values["not_sent"],
        )
        return Response(UploadDetailSerializer(upload).data, status=HTTPStatus.CREATED)


class Deidentification(APIView):
    """What a signed-in uploader's browser needs to clean a study before it leaves the site."""

    @extend_schema(request=None, responses=SiteRulesSerializer)
    def post(self, request: Request, site_id: UUID) -> Response:
        """Give out the site's key and the rule table; each time is on record."""
        site = site_for(request.user, site_id, MAY_UPLOAD)
        key = give_key(site, to=signed_in(request))
        body = {"key": key.hex(), "rules": rule_table()}
        return Response(body, headers={"Cache-Control": "no-store"})


class UploadItem(generics.RetrieveDestroyAPIView[Upload]):
    serializer_class = UploadDetailSerializer
    lookup_url_kwarg = "upload_id"

    def get_object(self) -> Upload:
        return upload_for(self.request.user, self.kwargs["upload_id"])

    def perform_destroy(self, instance: Upload) -> None:
        services.discard_upload(instance, by=signed_in(self.request))


class Receipt(generics.ListAPIView[UploadFile]):
    """What was received, file by file."""

    serializer_class = ReceiptLineSerializer
    queryset = UploadFile.objects.none()

    def get_queryset(self) -> QuerySet[UploadFile]:
        if "upload_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        upload = upload_for(self.request.user, self.kwargs["upload_id"])
        return upload.files.order_by("relative_path")


class StudyCollection(generics.ListAPIView[Study]):
    serializer_class = StudySerializer

    def get_queryset(self) -> QuerySet[Study]:
        query = StudyQuerySerializer(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        return studies_for(self.request.user).filter(**query.validated_data)

    @extend_schema(parameters=[StudyQuerySerializer])
    def get(self, request: Request) -> Response:
        return super().get(request)


class StudyItem(generics.RetrieveAPIView[Study]):
    serializer_class = StudySerializer
    lookup_url_kwarg = "study_id"

    def get_object(self) -> Study:
        return study_for(self.request.user, self.kwargs["study_id"])
