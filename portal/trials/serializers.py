from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rest_framework import serializers

from portal.trials.models import InvitedMembership, Membership, Protocol, Role, Site, Subject, Trial
from portal.trials.protocols import AcquisitionFacts, Standing
from portal.trials.subject_pages import SubjectPage, VisitLine


class TrialSerializer(serializers.ModelSerializer[Trial]):
    class Meta:
        model = Trial
        fields = ("id", "name", "slug", "visit_schedule", "quota_bytes", "closed_at")
        read_only_fields = fields


class SiteSerializer(serializers.ModelSerializer[Site]):
    trial_name = serializers.CharField(source="trial.name", read_only=True)

    class Meta:
        model = Site
        fields = ("id", "trial", "trial_name", "name", "code")
        read_only_fields = fields


class NewTrialSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)


class TrialChangeSerializer(serializers.Serializer[Any]):
    is_closed = serializers.BooleanField(required=False)
    name = serializers.CharField(max_length=200, required=False)
    quota_bytes = serializers.IntegerField(
        min_value=0,
        max_value=2**53,
        allow_null=True,
        required=False,
        help_text="What its studies may take together; null: as much as there is",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Say what to change.")
        return attrs


class SiteChangeSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)


class NewSiteSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    code = serializers.CharField(max_length=40)


class MemberSerializer(serializers.ModelSerializer[Membership]):
    email = serializers.EmailField(source="user.email", read_only=True)
    trial_name = serializers.CharField(source="trial.name", read_only=True)
    site = serializers.UUIDField(source="site_id", allow_null=True, help_text="null: all sites")

    class Meta:
        model = Membership
        fields = ("id", "user", "email", "trial", "trial_name", "role", "site")
        read_only_fields = fields


class InvitedSerializer(serializers.ModelSerializer[InvitedMembership]):
    email = serializers.EmailField(source="invitation.email", read_only=True)
    expires_at = serializers.SerializerMethodField()
    site = serializers.UUIDField(source="site_id", allow_null=True, help_text="null: all sites")

    class Meta:
        model = InvitedMembership
        fields = ("id", "email", "role", "site", "expires_at")
        read_only_fields = fields

    def get_expires_at(self, promised: InvitedMembership) -> datetime:
        return (promised.invitation.replaced_by or promised.invitation).expires_at


class NewMemberSerializer(serializers.Serializer[Any]):
    email = serializers.EmailField(max_length=254)
    role = serializers.ChoiceField(Role.choices)
    site = serializers.UUIDField(allow_null=True, default=None, help_text="null: all sites")


class MemberQuerySerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(Role.choices, required=False)
    site = serializers.UUIDField(required=False)


class AddedSerializer(serializers.Serializer[Any]):
    is_invited = serializers.BooleanField(help_text="The address has no account yet")
    membership = serializers.IntegerField(allow_null=True, help_text="null until then")


class SubjectRulesSerializer(serializers.Serializer[Any]):
    form = serializers.CharField(
        max_length=64,
        allow_blank=True,
        help_text="# a digit, @ a letter, {site} the site's code; empty: any code",
    )
    once_a_trial = serializers.BooleanField(default=False, help_text="else once a site")


class SubjectSerializer(serializers.ModelSerializer[Subject]):
    class Meta:
        model = Subject
        fields = ("id", "trial", "site", "code")
        read_only_fields = fields


class SubjectQuerySerializer(serializers.Serializer[Any]):
    trial = serializers.UUIDField(required=False)
    site = serializers.UUIDField(required=False)
    code = serializers.CharField(required=False, max_length=64)


class VisitLineSerializer(serializers.Serializer[VisitLine]):
    name = serializers.CharField()
    planned_on = serializers.DateField(allow_null=True)
    happened_on = serializers.DateField(allow_null=True)
    day = serializers.IntegerField(allow_null=True, help_text="Counted from the first visit")
    days_off = serializers.IntegerField(help_text="Outside its window; negative when too early")
    is_out_of_window = serializers.BooleanField()
    open_rescans = serializers.IntegerField()


class SubjectDetailSerializer(serializers.Serializer[SubjectPage]):
    id = serializers.UUIDField(source="subject.pk")
    trial = serializers.UUIDField(source="subject.trial_id")
    site = serializers.UUIDField(source="subject.site_id")
    code = serializers.CharField(source="subject.code")
    visits = VisitLineSerializer(many=True)
    expected = VisitLineSerializer(many=True, help_text="Planned visits that are still to come")


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
        return facts_of(self.validated_data)


def facts_of(said: Mapping[str, Any]) -> AcquisitionFacts:
    values = dict(said)
    return AcquisitionFacts(echo_times_ms=tuple(values.pop("echo_times_ms")), **values)


class DeviationSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    action = serializers.CharField()


class TriedProtocolSerializer(serializers.Serializer[Any]):
    """Rules that are not saved yet, and an acquisition to try them on."""

    rules = serializers.DictField(help_text="Limits by name; see portal/trials/protocols.py")
    facts = FactsSerializer()


class VerdictSerializer(serializers.Serializer[Any]):
    standing = serializers.ChoiceField([each.value for each in Standing])
    deviations = DeviationSerializer(many=True)
    protocol_version = serializers.IntegerField(allow_null=True)
