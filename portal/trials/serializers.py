from __future__ import annotations

from rest_framework import serializers

from portal.trials.models import Site, Subject, Trial


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
