from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.retention.models import DeletionRecord, LegalHold, RetentionPolicy


class PolicySerializer(serializers.ModelSerializer[RetentionPolicy]):
    class Meta:
        model = RetentionPolicy
        fields = ("trial", "keep_days", "counts_from", "reason", "version")
        read_only_fields = fields


class NewPolicySerializer(serializers.Serializer[Any]):
    keep_days = serializers.IntegerField(
        min_value=1, max_value=36500, allow_null=True, help_text="null: for ever"
    )
    counts_from = serializers.ChoiceField(RetentionPolicy.CountsFrom.choices)
    reason = serializers.CharField(min_length=3, max_length=500)


class TrialLineSerializer(serializers.Serializer[Any]):
    trial = serializers.UUIDField(source="trial.pk")
    trial_name = serializers.CharField(source="trial.name")
    policy = PolicySerializer(allow_null=True, help_text="null: studies are kept for ever")
    holds = serializers.IntegerField(help_text="Legal holds that stand")
    due = serializers.IntegerField(help_text="Studies over their time that no hold keeps")


class HoldSerializer(serializers.ModelSerializer[LegalHold]):
    placed_by = serializers.EmailField(source="placed_by.email", read_only=True)

    class Meta:
        model = LegalHold
        fields = ("id", "trial", "study_id", "reason", "placed_by", "placed_at")
        read_only_fields = fields


class NewHoldSerializer(serializers.Serializer[Any]):
    study_id = serializers.UUIDField(allow_null=True, default=None, help_text="null: whole trial")
    reason = serializers.CharField(min_length=3, max_length=500)


class PlanSerializer(serializers.Serializer[Any]):
    """The dry run: what would go. Its hash is asked for when it does go."""

    plan_sha256 = serializers.CharField()
    freed_bytes = serializers.IntegerField()
    held_because = serializers.CharField(allow_blank=True, help_text="Empty: no hold stands")
    contents = serializers.DictField()


class DeletionRequestSerializer(serializers.Serializer[Any]):
    plan_sha256 = serializers.RegexField(r"^[0-9a-f]{64}$")
    reason = serializers.CharField(min_length=3, max_length=500)
    subject = serializers.CharField(max_length=64, help_text="The subject's code, as a check")


class DeletionRecordSerializer(serializers.ModelSerializer[DeletionRecord]):
    deleted_by = serializers.EmailField(source="deleted_by.email", read_only=True)
    contents = serializers.DictField(read_only=True)

    class Meta:
        model = DeletionRecord
        fields = (
            "id",
            "trial",
            "study_id",
            "contents",
            "contents_sha256",
            "reason",
            "deleted_by",
            "deleted_at",
        )
        read_only_fields = fields


class DeletionQuerySerializer(serializers.Serializer[Any]):
    trial = serializers.UUIDField(required=False)
    study_id = serializers.UUIDField(required=False)
