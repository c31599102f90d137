from __future__ import annotations

from pathlib import Path

from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


def test_the_schema_is_drawn_without_a_warning(tmp_path: Path) -> None:
    call_command("spectacular", file=str(tmp_path / "schema.yml"), fail_on_warn=True, validate=True)


def test_every_operation_says_how_to_sign_in() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    validate_schema(schema)
    operations = [
        operation
        for path in schema["paths"].values()
        for name, operation in path.items()
        if name in {"get", "post", "patch", "put", "delete"}
    ]
    assert len(operations) > 15
    assert all({} not in operation["security"] for operation in operations)
    assert all(path.startswith("/api/v1/") for path in schema["paths"])
