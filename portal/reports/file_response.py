"""Files that never change under their address: ETag, 304, and one range (resumed downloads).

A ``.nii.gz`` is sent as it is, as ``application/gzip``: with ``Content-Encoding: gzip`` a browser
would unpack it and the saved file would not be what its name says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from analysis.errors import OutputFailed
from analysis.wording import words

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_CHUNK_BYTES = 1 << 18


def serve_file(
    request: HttpRequest, path: Path, *, etag: str, media_type: str, name: str = ""
) -> HttpResponseBase:
    """Answer with a file; with ``name`` the browser saves it."""
    quoted = f'"{etag}"'
    if request.headers.get("If-None-Match") == quoted:
        response: HttpResponseBase = HttpResponse(status=HTTPStatus.NOT_MODIFIED)
    else:
        response = _whole_or_part(request, path, quoted, media_type, name)
    response.headers["ETag"] = quoted
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _whole_or_part(
    request: HttpRequest, path: Path, etag: str, media_type: str, name: str
) -> HttpResponseBase:
    if not path.is_file():
        raise OutputFailed(
            words(
                "A stored file is missing. Restore it from a backup, or start the analysis again."
            ),
            code="stored-result-damaged",
        )
    size = path.stat().st_size
    wanted = request.headers.get("Range", "")
    if wanted and request.headers.get("If-Range", etag) == etag:
        bounds = _bounds(wanted, size)
        if bounds == "none":
            answer = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            answer.headers["Content-Range"] = f"bytes */{size}"
            return answer
        if isinstance(bounds, tuple):
            return _part(path, bounds, size, media_type)
    whole = FileResponse(
        path.open("rb"), as_attachment=bool(name), filename=name, content_type=media_type
    )
    whole.headers["Accept-Ranges"] = "bytes"
    if name and media_type == "text/html":
        # A saved page of ours holds its own style and pictures, and no script.
        whole.headers["Content-Security-Policy"] = "sandbox"
    return whole


def _bounds(header: str, size: int) -> tuple[int, int] | str:
    """Return first and last byte, "none" when they lie outside, "" when the header says nothing."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.group(0) == "bytes=-":
        return ""
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size - 1
    else:
        start, end = int(first), min(int(last) if last else size - 1, size - 1)
    return (start, end) if start <= end else "none"


def _part(path: Path, bounds: tuple[int, int], size: int, media_type: str) -> StreamingHttpResponse:
    start, end = bounds
    response = StreamingHttpResponse(
        _read(path, start, end - start + 1),
        status=HTTPStatus.PARTIAL_CONTENT,
        content_type=media_type,
    )
    response.headers["Content-Range"] = f"bytes {start}-{end}/{size}"
    response.headers["Content-Length"] = str(end - start + 1)
    return response


def _read(path: Path, start: int, count: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while count > 0 and (chunk := file.read(min(_CHUNK_BYTES, count))):
            count -= len(chunk)
            yield chunk
