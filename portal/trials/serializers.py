from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.trials.models import Protocol, Site, Subject, Trial
from portal.trials.protocols import AcquisitionFacts, Standing


class TrialSerializer(serializers.ModelSerializer[Trial]):
    class Meta:
        model = Trial
        fields = ("id", "name", "slug", "visit_schedule", "closed_at")
        read_only_fields = fields


class SiteSerializer(serializers.ModelSerializer[Site]):
    trial_name = serializers.CharField(source="trial.name", read_only=True)

    class Meta:
        model = Site
        fields = ("id", "trial", "trial_name", "name", "code")
        read_only_fields = fields


class SubjectSerializer(serializers.ModelSerializer[Subject]):
    class Meta:
        model = Subject
        fields = ("id", "trial", "site", "code")
        read_only_fields = fields


class ProtocolSerializer(serializers.ModelSerializer[Protocol]):
    rules = serializers.DictField(help_text="Limits by name; see portal/trials/protocols.py")

    class Meta:
        model = Protocol
        fields = ("name", "rules", "version")
        read_only_fields = ("version",)


class FactsSerializer(serializers.Serializer[AcquisitionFacts]):
    """What the headers of the multi-echo series say."""

    echo_times_ms = serializers.ListField(child=serializers.FloatField(), max_length=64)
    field_strength_t = serializers.FloatField(required=False, allow_null=True)
    flip_angle_deg = serializers.FloatField(required=False, allow_null=True)
    repetition_time_ms = serializers.FloatField(required=False, allow_null=True)
    slice_thickness_mm = serializers.FloatField(required=False, allow_null=True)
    pixel_spacing_mm = serializers.FloatField(required=False, allow_null=True)
    coverage_mm = serializers.FloatField(required=False, allow_null=True)
    has_phase = serializers.BooleanField(default=False)

    def facts(self) -> AcquisitionFacts:
        values = dict(self.validated_data)
        return AcquisitionFacts(echo_times_ms=tuple(values.pop("echo_times_ms")), **values)


class DeviationSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    action = serializers.CharField()


class VerdictSerializer(serializers.Serializer[Any]):
    standing = serializers.ChoiceField([each.value for each in Standing])
    deviations = DeviationSerializer(many=True)
    protocol_version = serializers.IntegerField(allow_null=True)
