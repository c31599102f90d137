from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.requests import signed_in
from portal.negotiation import FileView
from portal.runs import selectors, services, storage
from portal.runs.models import AnalysisRun, Artefact
from portal.runs.serializers import (
    ArtefactSerializer,
    OptionsSerializer,
    RunProgressSerializer,
    RunSerializer,
)
from portal.runs.stage import AnalyseOptions
from portal.studies.selectors import MAY_UPLOAD, study_for, upload_for
from portal.studies.services import complete_upload


def _answer(request: Request, run: AnalysisRun, status: HTTPStatus) -> Response:
    progress = selectors.progress_of(run, request.user)
    return Response(RunProgressSerializer(progress).data, status=status)


class CompleteUpload(APIView):
    @extend_schema(request=None, responses={201: RunProgressSerializer})
    def post(self, request: Request, upload_id: UUID) -> Response:
        """Close an upload whose files have all arrived, and start its analysis."""
        user = signed_in(request)
        upload = upload_for(user, upload_id)
        with transaction.atomic():
            study = complete_upload(upload, by=user)
            run = AnalysisRun.objects.filter(study=study).first() or services.start_run(study, user)
        return _answer(request, run, HTTPStatus.CREATED)


class StudyRuns(generics.ListAPIView[AnalysisRun]):
    """The analyses of a study, the newest first."""

    serializer_class = RunSerializer
    queryset = AnalysisRun.objects.none()

    def get_queryset(self) -> QuerySet[AnalysisRun]:
        if "study_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        study = study_for(self.request.user, self.kwargs["study_id"])
        return selectors.runs_for(self.request.user).filter(study=study)

    @extend_schema(request=OptionsSerializer, responses={201: RunProgressSerializer})
    def post(self, request: Request, study_id: UUID) -> Response:
        """Analyse a study again, perhaps with values that its headers lack."""
        study = study_for(request.user, study_id, MAY_UPLOAD)
        values = OptionsSerializer(data=request.data)
        values.is_valid(raise_exception=True)
        options = AnalyseOptions(
            echo_times_ms=tuple(values.validated_data["echo_times_ms"]),
            field_strength_t=values.validated_data["field_strength_t"],
        )
        run = services.start_run(study, signed_in(request), options)
        return _answer(request, run, HTTPStatus.CREATED)


class RunItem(APIView):
    @extend_schema(responses=RunProgressSerializer)
    def get(self, request: Request, run_id: UUID) -> Response:
        """Say how far an analysis is."""
        return _answer(request, selectors.run_for(request.user, run_id), HTTPStatus.OK)


class CancelRun(APIView):
    @extend_schema(request=None, responses=RunProgressSerializer)
    def post(self, request: Request, run_id: UUID) -> Response:
        run = selectors.changeable_run_for(request.user, run_id)
        return _answer(request, services.cancel_run(run, signed_in(request)), HTTPStatus.OK)


class RetryRun(APIView):
    @extend_schema(request=None, responses=RunProgressSerializer)
    def post(self, request: Request, run_id: UUID) -> Response:
        run = selectors.changeable_run_for(request.user, run_id)
        return _answer(request, services.retry_run(run, signed_in(request)), HTTPStatus.OK)


class Artefacts(generics.ListAPIView[Artefact]):
    """The files that an analysis wrote."""

    serializer_class = ArtefactSerializer
    queryset = Artefact.objects.none()

    def get_queryset(self) -> QuerySet[Artefact]:
        if "run_id" not in self.kwargs:  # while the schema is drawn
            return super().get_queryset()
        return selectors.artefacts_for(self.request.user, self.kwargs["run_id"])


class ArtefactFile(FileView):
    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, run_id: UUID, name: str) -> FileResponse:
        artefact = selectors.artefact_for(request.user, run_id, name)
        response = FileResponse(
            storage.absolute(artefact.path).open("rb"),
            as_attachment=True,
            filename=artefact.name,
            content_type=artefact.media_type,
        )
        # The content under this address never changes: it is the record of a finished stage.
        response.headers["ETag"] = f'"{artefact.sha256}"'
        response.headers["Cache-Control"] = "private, max-age=86400"
        return response
