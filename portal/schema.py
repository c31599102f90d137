"""What holds for every operation, said once: how failures look, how a POST is repeated safely."""

from __future__ import annotations

from typing import Any

_ERROR = {
    "type": "object",
    "description": "The one shape of every failure.",
    "properties": {
        "code": {"type": "string", "description": "For programs; stays the same"},
        "message": {"type": "string", "description": "For people: what is wrong, what to do"},
        "details": {"description": "Depends on the code; fields and their faults, for example"},
    },
    "required": ["code", "message", "details"],
}
_FAILURE = {
    "description": "Refused or failed",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}
_IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of your own. The same request with the same key within a day is "
    "carried out once and answered the same again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 100},
}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "ETag of the state you read; 412 when someone changed it since",
    "schema": {"type": "string"},
}
_METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}
_CHANGES = {"put", "patch", "delete"}


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the failures to every operation and the key to every POST (a hook of drf-spectacular)."""
    result["components"]["schemas"]["Error"] = _ERROR
    for path in result["paths"].values():
        for method, operation in path.items():
            if method not in _METHODS:
                continue
            operation["responses"].setdefault("default", _FAILURE)
            if method == "post":
                operation.setdefault("parameters", []).append(_IDEMPOTENCY)
            if method in _CHANGES and "get" in path:
                operation.setdefault("parameters", []).append(_IF_MATCH)
    return result
