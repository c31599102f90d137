from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.runs.models import AnalysisRun, Artefact, RunState, StageState
from portal.runs.pages import RunProgress, StageLine


class OptionsSerializer(serializers.Serializer[Any]):
    echo_times_ms = serializers.ListField(
        child=serializers.FloatField(min_value=0.1, max_value=1000),
        default=list,
        help_text="True echo times where the headers are wrong",
    )
    field_strength_t = serializers.FloatField(
        default=None, allow_null=True, min_value=0.05, max_value=12
    )


class StageLineSerializer(serializers.Serializer[StageLine]):
    name = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=StageState.choices)
    progress_percent = serializers.IntegerField()
    text = serializers.CharField()
    seconds = serializers.FloatField(allow_null=True)
    attempts = serializers.IntegerField()


class RunProgressSerializer(serializers.Serializer[RunProgress]):
    id = serializers.UUIDField(source="run_id")
    state = serializers.ChoiceField(choices=RunState.choices)
    progress_percent = serializers.IntegerField()
    queue_position = serializers.IntegerField(allow_null=True)
    is_finished = serializers.BooleanField()
    error_code = serializers.CharField()
    error_message = serializers.CharField()
    stages = StageLineSerializer(many=True)
    page_url = serializers.CharField()
    report_url = serializers.CharField()


class RunSerializer(serializers.ModelSerializer[AnalysisRun]):
    class Meta:
        model = AnalysisRun
        fields = (
            "id",
            "study",
            "state",
            "created_at",
            "started_at",
            "finished_at",
            "error_code",
            "error_message",
        )
        read_only_fields = fields


class ArtefactSerializer(serializers.ModelSerializer[Artefact]):
    class Meta:
        model = Artefact
        fields = ("name", "stage", "media_type", "sha256", "size_bytes")
        read_only_fields = fields
