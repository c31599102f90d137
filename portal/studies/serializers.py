from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.core.validators import ProhibitNullCharactersValidator
from rest_framework import serializers

from portal.studies import filing
from portal.studies.manifest import ManifestLine
from portal.studies.models import Study, Upload, UploadFile

_CODE = re.compile(r"[a-z]{2,12}(-[a-z]{1,12}){0,3}")


class ManifestLineSerializer(serializers.Serializer[ManifestLine]):
    path = serializers.CharField(max_length=1024, trim_whitespace=False)
    size_bytes = serializers.IntegerField(min_value=0)
    sha256 = serializers.CharField(min_length=64, max_length=64)


class ManifestSerializer(serializers.Serializer[Any]):
    site = serializers.UUIDField()
    subject = serializers.CharField(
        max_length=64, validators=[ProhibitNullCharactersValidator()], help_text="Subject code"
    )
    visit = serializers.CharField(max_length=80, help_text="Visit name, such as Baseline")
    files = ManifestLineSerializer(many=True)
    new_version = serializers.BooleanField(
        default=False, help_text="Send files again that were received before for this subject"
    )

    not_sent = serializers.DictField(
        child=serializers.IntegerField(min_value=1),
        default=dict,
        help_text="How many files stayed at the site, by the code of the reason",
    )

    def validate_not_sent(self, counts: dict[str, int]) -> dict[str, int]:
        """Codes are ours: a file name cannot slip in as one."""
        if not all(_CODE.fullmatch(code) for code in counts):
            raise serializers.ValidationError("Codes are lower-case words joined by hyphens.")
        return counts

    def lines(self) -> list[ManifestLine]:
        return [
            ManifestLine(file["path"], file["size_bytes"], file["sha256"])
            for file in self.validated_data["files"]
        ]


class StudyQuerySerializer(serializers.Serializer[Any]):
    subject = serializers.CharField(required=False, max_length=64, source="subject__code")
    visit = serializers.CharField(required=False, max_length=80, source="visit__name")
    trial = serializers.UUIDField(required=False)
    site = serializers.UUIDField(required=False)


class UploadQuerySerializer(StudyQuerySerializer):
    state = serializers.ChoiceField(Upload.State.choices, required=False)


_UPLOAD_FIELDS = (
    "id",
    "trial",
    "site",
    "subject",
    "visit",
    "state",
    "manifest_hash",
    "file_count",
    "size_bytes",
    "not_sent",
    "created_at",
    "expires_at",
    "completed_at",
)


class UploadSerializer(serializers.ModelSerializer[Upload]):
    subject = serializers.CharField(source="subject.code", read_only=True)
    visit = serializers.CharField(source="visit.name", read_only=True)

    class Meta:
        model = Upload
        fields: tuple[str, ...] = _UPLOAD_FIELDS
        read_only_fields: tuple[str, ...] = _UPLOAD_FIELDS


class UploadDetailSerializer(UploadSerializer):
    received_bytes = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField(help_text="SHA-256 of each file still to be sent")
    study = serializers.SerializerMethodField()

    class Meta(UploadSerializer.Meta):
        fields = (*_UPLOAD_FIELDS, "received_bytes", "missing", "study")
        read_only_fields = fields

    def get_received_bytes(self, upload: Upload) -> int:
        return filing.received_bytes(upload)

    def get_missing(self, upload: Upload) -> list[str]:
        return [*filing.missing(upload)]

    def get_study(self, upload: Upload) -> UUID | None:
        return Study.objects.filter(upload=upload).values_list("pk", flat=True).first()


class ReceiptLineSerializer(serializers.ModelSerializer[UploadFile]):
    path = serializers.CharField(source="relative_path", read_only=True)

    class Meta:
        model = UploadFile
        fields = ("path", "size_bytes", "sha256", "state", "problem")
        read_only_fields = fields


class SiteRulesSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="Secret of the site's pseudonyms, 64 hexadecimal digits")
    rules = serializers.DictField(help_text="The rule table, as manage.py deidentify uses it")


class StudySerializer(serializers.ModelSerializer[Study]):
    trial = serializers.CharField(source="trial.name", read_only=True)
    site = serializers.CharField(source="site.code", read_only=True)
    subject = serializers.CharField(source="subject.code", read_only=True)
    visit = serializers.CharField(source="visit.name", read_only=True)

    class Meta:
        model = Study
        fields = (
            "id",
            "upload",
            "trial",
            "site",
            "subject",
            "visit",
            "received_at",
            "study_instance_uid",
            "description",
        )
        read_only_fields = fields
