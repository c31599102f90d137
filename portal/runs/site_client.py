"""A site's side of an upload, as the browser does it: sign in, clean, announce, send, close.

The demo and the end-to-end tests use it, so that they go through the same door as a site.
"""

from __future__ import annotations

import base64
import hashlib
import http.cookiejar
import io
import json
import tarfile
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.studies.deidentification.folder import Receipt, deidentify
from portal.studies.deidentification.pseudonyms import Pseudonyms
from portal.studies.deidentification.rules import load_rules

BUNDLE_BYTES = 32 * 1024**2
CHUNK_BYTES = 8 * 1024**2
TIMEOUT_S = 60

Say = Callable[[str], None]


class Refused(Exception):
    """The portal said no; the message is the portal's."""


@dataclass(frozen=True, slots=True)
class LocalFile:
    path: Path
    name: str
    size_bytes: int
    sha256: str


def files_below(folder: Path) -> tuple[LocalFile, ...]:
    """Return every file below ``folder`` with its hash."""
    found = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        name = path.relative_to(folder).as_posix()
        found.append(LocalFile(path, name, len(content), digest))
    return tuple(found)


class SiteClient:
    """One signed-in browser, without the browser."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")
        self._cookies = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._cookies)
        )

    def sign_in(self, email: str, password: str) -> None:
        self._send("GET", "/accounts/login/")
        form = {"login": email, "password": password, "csrfmiddlewaretoken": self._csrf()}
        body = urllib.parse.urlencode(form).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        self._send("POST", "/accounts/login/", body, kind)
        if not any(cookie.name == "sessionid" for cookie in self._cookies):
            raise Refused(f"{email} could not sign in")

    def upload(self, folder: Path, *, site: str, subject: str, visit: str, say: Say) -> Any:
        """Clean and send the images below ``folder``; return the progress of the run it started."""
        with tempfile.TemporaryDirectory() as scratch:
            cleaned = Path(scratch) / "cleaned"
            receipt = self.clean(folder, cleaned, site=site, subject=subject)
            say(f"{len(receipt.written)} images cleaned, {len(receipt.refused)} files stay here")
            return self._send_cleaned(cleaned, receipt, (site, subject, visit), say)

    def clean(self, folder: Path, target: Path, *, site: str, subject: str) -> Receipt:
        """Write copies without names into ``target``, with the pseudonyms of the site."""
        key = self.call("POST", f"/api/v1/sites/{site}/deidentification/", {})["key"]
        pseudonyms = Pseudonyms(bytes.fromhex(key), subject)
        return deidentify(folder, target, rules=load_rules(), pseudonyms=pseudonyms)

    def _send_cleaned(
        self, folder: Path, receipt: Receipt, whose: tuple[str, str, str], say: Say
    ) -> Any:
        site, subject, visit = whose
        files = files_below(folder)
        manifest = {
            "site": site,
            "subject": subject,
            "visit": visit,
            "not_sent": Counter(line.code for line in receipt.refused),
            "files": [
                {"path": file.name, "size_bytes": file.size_bytes, "sha256": file.sha256}
                for file in files
            ],
        }
        upload = self.call("POST", "/api/v1/uploads/", manifest)
        missing = set(upload["missing"])
        wanted = {file.sha256: file for file in files if file.sha256 in missing}
        for number, bundle in enumerate(_bundles(list(wanted.values()))):
            self._send_bundle(upload["id"], bundle)
            say(f"sent bundle {number + 1}, {len(bundle) / 1e6:.1f} MB")
        return self.call("POST", f"/api/v1/uploads/{upload['id']}/complete/", {})

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Call the API with JSON and return its JSON."""
        data = None if body is None else json.dumps(body).encode()
        return json.loads(self._send(method, path, data, {"Content-Type": "application/json"})[0])

    def _send_bundle(self, upload_id: str, bundle: bytes) -> None:
        about = {"upload": upload_id, "kind": "bundle"}
        tus = {"Tus-Resumable": "1.0.0"}
        opened = {"Upload-Length": str(len(bundle)), "Upload-Metadata": _metadata(about)}
        _, headers = self._send("POST", "/api/v1/tus/", b"", tus | opened)
        for offset in range(0, len(bundle), CHUNK_BYTES):
            chunk = bundle[offset : offset + CHUNK_BYTES]
            digest = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
            patch = {
                "Content-Type": "application/offset+octet-stream",
                "Upload-Offset": str(offset),
                "Upload-Checksum": f"sha256 {digest}",
            }
            self._send("PATCH", headers["Location"], chunk, tus | patch)

    def _csrf(self) -> str:
        return next((c.value or "" for c in self._cookies if c.name == "csrftoken"), "")

    def _send(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[bytes, Mapping[str, str]]:
        url = urllib.parse.urljoin(self.address + "/", path)
        if not url.startswith(("http://", "https://")):
            raise ValueError(f"{url} is not a web address")
        request = urllib.request.Request(url, data=body, method=method)  # noqa: S310 - see above
        for name, value in {"X-CSRFToken": self._csrf(), **(headers or {})}.items():
            request.add_header(name, value)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            raise Refused(f"{method} {path}: {error.code} {text[:300]}") from error


def _metadata(pairs: Mapping[str, str]) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in pairs.items())


def _bundles(files: list[LocalFile]) -> Iterator[bytes]:
    """Yield tars of about ``BUNDLE_BYTES``, their members named by SHA-256."""
    group: list[LocalFile] = []
    for file in files:
        group.append(file)
        if sum(each.size_bytes for each in group) >= BUNDLE_BYTES:
            yield _tar(group)
            group = []
    if group:
        yield _tar(group)


def _tar(files: list[LocalFile]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for file in files:
            member = tarfile.TarInfo(file.sha256)
            member.size = file.size_bytes
            with file.path.open("rb") as content:
                archive.addfile(member, content)
    return packed.getvalue()
