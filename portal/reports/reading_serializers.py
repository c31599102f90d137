from __future__ import annotations

from typing import Any

from rest_framework import serializers

from portal.reports.documents import liver_report
from portal.reports.models import Impression, Reading, ReadingCase
from portal.reports.reading_bulk import BulkOutcome
from portal.reports.reading_images import Shown
from portal.reports.reading_list import STATES, state_of
from portal.reports.reading_models import Quality
from portal.reports.reading_page import title_of, visit_of
from portal.reports.reading_progress import ReaderLine
from portal.reports.reading_results import values_of
from portal.reports.reading_secrets import told_measurements
from portal.reports.reading_services import LONGEST, PDFF_RANGE, R2STAR_RANGE
from portal.reports.serializers import VoxelValueSerializer

_READING_FIELDS = ("id", "code", "title", "visit", "trial", "is_adjudication", "due_on", "state")


class ReadingQuerySerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(STATES, default="all")


class ReadingSerializer(serializers.ModelSerializer[Reading]):
    """``title`` is the subject's code or, where that is hidden, the reading's own."""

    title = serializers.SerializerMethodField()
    visit = serializers.SerializerMethodField()
    trial = serializers.CharField(source="case.study.trial.name", read_only=True)
    is_adjudication = serializers.BooleanField(read_only=True)
    state = serializers.SerializerMethodField()

    class Meta:
        model = Reading
        fields: tuple[str, ...] = _READING_FIELDS
        read_only_fields: tuple[str, ...] = _READING_FIELDS

    def get_title(self, reading: Reading) -> str:
        return title_of(reading)

    def get_visit(self, reading: Reading) -> str:
        return visit_of(reading)

    def get_state(self, reading: Reading) -> str:
        return state_of(reading)[0]


class ReadMeasurementSerializer(serializers.Serializer[Any]):
    quantity = serializers.CharField()
    region = serializers.CharField()
    statistic = serializers.CharField()
    value = serializers.FloatField()
    unit = serializers.CharField()
    standard_error = serializers.FloatField(allow_null=True)


class ReadingDetailSerializer(ReadingSerializer):
    """A reading with its numbers; ``measurements`` is empty while the analysis is hidden."""

    quality = serializers.ChoiceField(Quality.choices, allow_blank=True, read_only=True)
    decision = serializers.ChoiceField(
        Reading.Decision.choices, allow_blank=True, read_only=True, help_text="Of an adjudicator"
    )
    impression = serializers.SerializerMethodField()
    measurements = serializers.SerializerMethodField()

    class Meta(ReadingSerializer.Meta):
        fields = (
            *_READING_FIELDS,
            "quality",
            "quality_note",
            "decision",
            "own_pdff_percent",
            "own_r2star_per_s",
            "impression",
            "measurements",
        )
        read_only_fields = fields

    def get_impression(self, reading: Reading) -> str:
        written = Impression.objects.filter(report=reading.report).first()
        return written.text if written else ""

    def get_measurements(self, reading: Reading) -> list[dict[str, Any]]:
        shown: Shown | None = self.context.get("shown")
        if shown is None or shown.is_veiled:
            return []
        found = told_measurements(reading.case, liver_report(shown.report))
        return [dict(each) for each in ReadMeasurementSerializer(found, many=True).data]


class WrittenReadingSerializer(serializers.Serializer[Any]):
    impression = serializers.CharField(max_length=LONGEST)
    quality = serializers.ChoiceField(Quality.choices)
    quality_note = serializers.CharField(max_length=LONGEST, default="", allow_blank=True)


class OwnValuesSerializer(serializers.Serializer[Any]):
    pdff_percent = serializers.FloatField(min_value=PDFF_RANGE[0], max_value=PDFF_RANGE[1])
    r2star_per_s = serializers.FloatField(
        min_value=R2STAR_RANGE[0], max_value=R2STAR_RANGE[1], default=None, allow_null=True
    )


class ReadingVoxelSerializer(serializers.Serializer[Any]):
    region = serializers.CharField(allow_blank=True)
    values = VoxelValueSerializer(many=True)


class ReaderLineSerializer(serializers.Serializer[ReaderLine]):
    reading_id = serializers.UUIDField()
    code = serializers.CharField()
    position = serializers.CharField()
    reader = serializers.CharField()
    due_on = serializers.DateField()
    is_overdue = serializers.BooleanField()
    state = serializers.CharField(source="state_label")


class CaseSerializer(serializers.Serializer[Any]):
    study = serializers.UUIDField(source="study_id")
    subject = serializers.CharField()
    visit = serializers.CharField()
    site = serializers.CharField()
    state = serializers.CharField(source="state_label")
    missing = serializers.CharField()
    differences = serializers.ListField(child=serializers.CharField())
    readers = ReaderLineSerializer(many=True)


class AssignmentSerializer(serializers.Serializer[Any]):
    studies = serializers.ListField(child=serializers.UUIDField(), allow_empty=False)
    people = serializers.ListField(
        child=serializers.EmailField(), default=list, help_text="Empty: by load"
    )
    due_on = serializers.DateField(default=None, allow_null=True)


class RefusedStudySerializer(serializers.Serializer[Any]):
    study = serializers.UUIDField()
    message = serializers.CharField()


class OutcomeSerializer(serializers.Serializer[BulkOutcome]):
    given_out = serializers.SerializerMethodField()
    refused = serializers.SerializerMethodField()

    def get_given_out(self, outcome: BulkOutcome) -> int:
        return len(outcome.made)

    def get_refused(self, outcome: BulkOutcome) -> list[dict[str, Any]]:
        rows = [{"study": study, "message": message} for study, message in outcome.refused]
        return [dict(each) for each in RefusedStudySerializer(rows, many=True).data]


class ResultSerializer(serializers.ModelSerializer[ReadingCase]):
    site = serializers.CharField(source="study.site.code", read_only=True)
    subject = serializers.CharField(source="study.subject.code", read_only=True)
    visit = serializers.CharField(source="study.visit.name", read_only=True)
    reading = serializers.CharField(source="final.code", read_only=True)
    report = serializers.UUIDField(source="final.report_id", read_only=True)
    report_sha256 = serializers.CharField(source="final.report.sha256", read_only=True)
    values = serializers.SerializerMethodField(help_text="As in the statistician's file")

    class Meta:
        model = ReadingCase
        fields = (
            "study",
            "site",
            "subject",
            "visit",
            "decided_by",
            "locked_at",
            "reading",
            "report",
            "report_sha256",
            "values",
        )
        read_only_fields = fields

    def get_values(self, case: ReadingCase) -> dict[str, Any]:
        return values_of(case.final) if case.final else {}
