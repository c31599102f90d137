from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.administration.operations import StorageTidied
from portal.administration.queue import Outbox, QueuePage, StateCount, WorkerLine
from portal.administration.room import Orphans, StoragePage, TrialRoom
from portal.notifications.models import Delivery
from portal.runs.models import AnalysisRun, StageRun
from portal.runs.sweeping import Swept


class CountSerializer(serializers.Serializer[StateCount]):
    state = serializers.CharField()
    count = serializers.IntegerField()


class QueuedStageSerializer(serializers.ModelSerializer[StageRun]):
    study = serializers.UUIDField(source="run.study_id", read_only=True)
    trial = serializers.UUIDField(source="run.study.trial_id", read_only=True)

    class Meta:
        model = StageRun
        fields: tuple[str, ...] = (
            "run",
            "study",
            "trial",
            "stage",
            "state",
            "attempts",
            "worker",
            "started_at",
            "lease_until",
            "progress",
        )
        read_only_fields = fields


class WorkerLineSerializer(serializers.Serializer[WorkerLine]):
    stage = QueuedStageSerializer()
    lease_s = serializers.IntegerField(help_text="Left of its lease; negative when overdue")
    minutes = serializers.IntegerField(help_text="Since it was taken")


class FailedRunSerializer(serializers.ModelSerializer[AnalysisRun]):
    trial = serializers.UUIDField(source="study.trial_id", read_only=True)

    class Meta:
        model = AnalysisRun
        fields = ("id", "study", "trial", "error_code", "error_message", "finished_at")
        read_only_fields = fields


class OutboxSerializer(serializers.Serializer[Outbox]):
    count = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)
    never_sent = serializers.IntegerField()


class GivenUpSerializer(serializers.ModelSerializer[Delivery]):
    email = serializers.EmailField(source="user.email", read_only=True)

    class Meta:
        model = Delivery
        fields = ("id", "user", "email", "kind", "webhook", "attempts", "last_error", "finished_at")
        read_only_fields = fields


class QueueSerializer(serializers.Serializer[QueuePage]):
    """Where analyses are; each list holds the first fifty."""

    states = CountSerializer(many=True, help_text="Analyses by state")
    working = WorkerLineSerializer(many=True)
    stuck = QueuedStageSerializer(many=True, help_text="Its worker is silent, or nobody takes it")
    waiting = QueuedStageSerializer(many=True)
    failed = FailedRunSerializer(many=True)
    outbox = OutboxSerializer()
    messages = CountSerializer(many=True, help_text="Messages to people by state")
    given_up = GivenUpSerializer(many=True, help_text="Messages that could not be delivered")


class SweptSerializer(serializers.Serializer[Swept]):
    put_back = serializers.IntegerField(help_text="Stages whose worker is gone")
    woken = serializers.IntegerField(help_text="Stages that were called again")
    told = serializers.IntegerField(help_text="Messages that were sent again")


class TrialRoomSerializer(serializers.Serializer[TrialRoom]):
    trial = serializers.CharField()
    studies = serializers.IntegerField()
    received_bytes = serializers.IntegerField()
    results_bytes = serializers.IntegerField()
    quota_bytes = serializers.IntegerField(
        allow_null=True, help_text="Of what is received; null: no limit"
    )


class OrphansSerializer(serializers.Serializer[Orphans]):
    contents = serializers.IntegerField()
    folders = serializers.SerializerMethodField(help_text="How many")

    def get_folders(self, found: Orphans) -> int:
        return len(found.folders)


class StorageSerializer(serializers.Serializer[StoragePage]):
    trials = TrialRoomSerializer(many=True)
    stored_files = serializers.IntegerField()
    stored_bytes = serializers.IntegerField()
    open_bytes = serializers.IntegerField(help_text="Announced by uploads under way")
    free_bytes = serializers.IntegerField()
    keep_free_bytes = serializers.IntegerField()
    orphans = OrphansSerializer(allow_null=True, help_text="null unless look=true was asked for")


class StorageQuerySerializer(serializers.Serializer[Any]):
    look = serializers.BooleanField(
        default=False, help_text="Look through the whole disc for what belongs to nobody"
    )


class TidiedSerializer(serializers.Serializer[StorageTidied]):
    uploads = serializers.IntegerField(help_text="Expired uploads that were given up")
    contents = serializers.IntegerField(help_text="Contents without a record that were removed")
    folders = serializers.IntegerField(help_text="Folders without a record that were removed")
    held_until = serializers.DateTimeField(
        allow_null=True, help_text="After the server's clock jumped: nothing is removed before"
    )
