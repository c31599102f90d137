from __future__ import annotations

from typing import Any

from rest_framework import serializers

from analysis.anatomy import LIVER, STRUCTURES
from portal.reports.models import Report
from portal.reports.voxel import VoxelReading, VoxelValue


class ReportSerializer(serializers.ModelSerializer[Report]):
    subject = serializers.CharField(source="study.subject.code", read_only=True)
    visit = serializers.CharField(source="study.visit.name", read_only=True)

    class Meta:
        model = Report
        fields = (
            "id",
            "run",
            "study",
            "subject",
            "visit",
            "version",
            "sha256",
            "created_at",
            "pdff_percent",
            "pdff_error_percent",
            "pdff_grade",
            "is_borderline",
            "r2star_per_s",
            "lic_mg_per_g",
            "liver_volume_ml",
            "critical_count",
            "warning_count",
        )
        read_only_fields = fields


class ReportQuerySerializer(serializers.Serializer[Any]):
    subject = serializers.CharField(required=False, max_length=64, source="study__subject__code")
    visit = serializers.CharField(required=False, max_length=80, source="study__visit__name")
    trial = serializers.UUIDField(required=False, source="study__trial")
    site = serializers.UUIDField(required=False, source="study__site")
    study = serializers.UUIDField(required=False)
    run = serializers.UUIDField(required=False)


class VoxelQuerySerializer(serializers.Serializer[Any]):
    i = serializers.IntegerField(min_value=0, help_text="Towards the patient's right")
    j = serializers.IntegerField(min_value=0, help_text="Towards the front")
    k = serializers.IntegerField(min_value=0, help_text="Towards the head")


class VoxelValueSerializer(serializers.Serializer[VoxelValue]):
    key = serializers.CharField()
    text = serializers.CharField()
    error = serializers.CharField()


class VoxelReadingSerializer(serializers.Serializer[VoxelReading]):
    key = serializers.CharField(help_text="Of the region, empty outside the liver")
    region = serializers.CharField()
    values = VoxelValueSerializer(many=True)


class RegionQuerySerializer(serializers.Serializer[Any]):
    region = serializers.ChoiceField(
        choices=[(structure.key, structure.name) for structure in STRUCTURES], default=LIVER.key
    )


class HistogramQuerySerializer(RegionQuerySerializer):
    quantity = serializers.CharField(help_text="Such as PDFF or R2*")
    shape = serializers.ChoiceField(
        choices=["bins", "curve"], default="bins", help_text="Bars, or a Gaussian kernel over them"
    )
    layout = serializers.ChoiceField(
        choices=["one", "overlay", "multiples"],
        default="one",
        help_text="One region, all segments over one another, or side by side",
    )
