"""All rows that hang on a study, found by walking the relations, so that no new table is missed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models

from portal.studies.models import Study, Upload

Rows = dict[type[models.Model], set[Any]]
_BATCH = 500


def rows_of(study: Study) -> Rows:
    """Return the keys of the study, its upload and whatever refers to them, by model."""
    found: Rows = {Study: {study.pk}, Upload: {study.upload_id}}
    waiting: list[tuple[type[models.Model], set[Any]]] = [*found.items()]
    while waiting:
        model, keys = waiting.pop()
        for relation in _relations_to(model):
            rows = _referring(relation, keys) - found.get(relation.related_model, set())
            if rows:
                found.setdefault(relation.related_model, set()).update(rows)
                waiting.append((relation.related_model, rows))
    return found


def _relations_to(model: type[models.Model]) -> Iterator[Any]:
    for field in model._meta.get_fields(include_hidden=True):
        if field.auto_created and not field.concrete and (field.one_to_many or field.one_to_one):
            yield field


def _referring(relation: Any, keys: set[Any]) -> set[Any]:
    rows: set[Any] = set()
    for batch in _batches(keys):
        wanted = {f"{relation.field.name}__in": batch}
        rows.update(
            relation.related_model._base_manager.filter(**wanted).values_list("pk", flat=True)
        )
    return rows


def delete_rows(rows: Mapping[type[models.Model], set[Any]]) -> None:
    """Delete rows as they are, whatever their order; the database checks them when it commits.

    Django's own ``delete`` would refuse: the rows protect each other, and some do so in a circle.
    """
    for model, keys in rows.items():
        for batch in _batches(keys):
            query = model._base_manager.filter(pk__in=batch)
            query._raw_delete(query.db)


def _batches(keys: set[Any]) -> Iterator[list[Any]]:
    ordered = sorted(keys, key=str)
    for start in range(0, len(ordered), _BATCH):
        yield ordered[start : start + _BATCH]
