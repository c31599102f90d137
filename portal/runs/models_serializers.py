from __future__ import annotations

from typing import Any

from rest_framework import serializers

from inference.model_card import ModelCard
from portal.runs.models_registry import ModelLine


class PackageSerializer(serializers.Serializer[Any]):
    package = serializers.FileField(help_text="ZIP of model.onnx and card.json")


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=500, help_text="Why, for the audit trail")


class ModelCardSerializer(serializers.Serializer[ModelCard]):
    summary = serializers.CharField()
    intended_use = serializers.CharField()
    not_measured = serializers.ListField(child=serializers.CharField())
    figures = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


class ModelLineSerializer(serializers.Serializer[ModelLine]):
    sha256 = serializers.CharField()
    name = serializers.CharField()
    version = serializers.CharField()
    licence = serializers.CharField()
    is_active = serializers.BooleanField()
    is_shipped = serializers.BooleanField()
    is_installed = serializers.BooleanField()
    runs = serializers.IntegerField()
    first_used_at = serializers.DateTimeField(allow_null=True)
    imported_at = serializers.DateTimeField(allow_null=True)
    imported_by = serializers.CharField()
    card = ModelCardSerializer(allow_null=True)
