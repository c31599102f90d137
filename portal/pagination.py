from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

MOST_ROWS = 500


class Pages(PageNumberPagination):
    """Lists in pages; a size that cannot be had is refused rather than quietly another."""

    page_size_query_param = "page_size"
    max_page_size = MOST_ROWS

    def get_page_size(self, request: Request) -> int | None:
        asked = request.query_params.get("page_size")
        if asked is None:
            return self.page_size
        if not asked.isascii() or not asked.isdecimal() or not 1 <= int(asked[:9]) <= MOST_ROWS:
            raise ValidationError({"page_size": [f"must be a whole number from 1 to {MOST_ROWS}"]})
        return int(asked)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            parameter["schema"] |= {"minimum": 1}
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= {"maximum": MOST_ROWS}
        return parameters
