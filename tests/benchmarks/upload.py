"""Send a large file and thousands of small ones to a portal of its own; watch its memory.

Run with ``make bench-upload-memory`` (5 GB and 700 slices; needs 11 GB of disc for some minutes).
The figures to reach: at most 150 MB growth of the server while 5 GB pass, every byte there once.
A gunicorn worker answers over loopback, in local mode. Without ``--inspected`` random bytes are
sent and not looked into for identifying values (``DEIDENTIFICATION_REQUIRED`` is off); with it,
cleaned slices, loose and in one ZIP, are looked into as production does. Its peak (``VmHWM``) is
forgotten before the first byte, so that starting up does not hide what the upload takes.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import itertools
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from pydicom import dcmread, dcmwrite

REPOSITORY = Path(__file__).resolve().parents[2]
CHUNK = 8 * 1024**2
SIDE = 256  # pixels of two bytes
SLICE = 128 * 1024
MOST_GROWTH_MB = 150.0
FORGET_THE_PEAK = "5"  # proc_pid_clear_refs(5)
Announced = dict[str, tuple[int, str]]
Contents = dict[str, Path | bytes]
MAKE_ACCOUNT = """
from portal.accounts.services import create_token, create_user
from portal.trials.models import Role
from portal.trials.services import add_member, create_site, create_trial
trial = create_trial("Benchmark")
site = create_site(trial, "Site", code="S")
user = create_user("uma@example.org")
add_member(trial, user, Role.UPLOADER, site=site)
print("MADE", site.pk, create_token(user, "benchmark", scope="write")[1])
"""


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, cwd=REPOSITORY, env=environment, check=True, capture_output=True, text=True
    ).stdout


@contextmanager
def portal(environment: dict[str, str]) -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"]
    server = subprocess.Popen(
        [*command, "--threads", "4", "--timeout", "600"], cwd=REPOSITORY, env=environment
    )
    try:
        for _ in range(120):
            time.sleep(0.5)
            try:
                requests.get(f"http://127.0.0.1:{port}/healthz", timeout=30)
                break
            except requests.RequestException:
                continue
        children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
        yield f"http://127.0.0.1:{port}/api/v1", int(children[0])
    finally:
        server.terminate()
        server.wait()


def resident_mb(pid: int, field: str = "VmRSS") -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) / 1024
    return 0.0


def inspected_contents(megabytes: int, files: int, folder: Path) -> Contents:
    """Return cleaned slices, each with pixels of its own: most of them in one ZIP."""
    slices = cleaned_slices(folder)
    large = folder / "large.zip"
    with zipfile.ZipFile(large, "w") as archive:
        for number in range(megabytes * 1024**2 // SLICE):
            archive.writestr(str(number), next(slices))
    return {"study.zip": large, **{str(number): next(slices) for number in range(files)}}


def cleaned_slices(folder: Path) -> Iterator[bytes]:
    """Yield one cleaned slice for ever, with 256 x 256 random pixels each time."""
    study, clean = folder / "study", folder / "clean"
    own = os.environ | {"LOCAL_DIR": str(folder / "cleaner")}
    manage(own, "simulate", "--out", str(study), "--vendor", "siemens", "--field", "3")
    manage(own, "deidentify", str(study / "dicom"), "--out", str(clean), "--subject", "S-001")
    dataset = dcmread(next(path for path in sorted(clean.rglob("*")) if path.is_file()))
    dataset.Rows, dataset.Columns, dataset.PixelData = SIDE, SIDE, bytes(SLICE)
    written = io.BytesIO()
    dcmwrite(written, dataset, enforce_file_format=True)
    header = written.getvalue().removesuffix(bytes(SLICE))
    while True:
        yield header + os.urandom(SLICE)


def contents(megabytes: int, files: int, folder: Path) -> Contents:
    large = folder / "large.zip"
    with large.open("wb") as file:
        for _ in range(megabytes):
            file.write(os.urandom(1024**2))
    small = {f"slice/{number:05d}": os.urandom(SLICE) for number in range(files)}
    return {"large.zip": large, **small}


def sha256_of(content: Path | bytes) -> str:
    with content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file:
        digest = hashlib.sha256()
        while data := file.read(CHUNK):
            digest.update(data)
        return digest.hexdigest()


class Sender:
    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.headers.update({"Authorization": f"Bearer {key}", "Tus-Resumable": "1.0.0"})

    def announce(self, site: str, files: Announced) -> dict[str, Any]:
        rows = [
            {"path": path, "size_bytes": size, "sha256": sha256}
            for path, (size, sha256) in files.items()
        ]
        body = {"site": site, "subject": "S-001", "visit": "Baseline", "files": rows}
        answer = self.session.post(f"{self.address}/uploads/", json=body, timeout=600)
        answer.raise_for_status()
        return dict(answer.json())

    def send(self, about: dict[str, str], length: int, chunks: Iterator[bytes]) -> None:
        pairs = ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in about.items())
        headers = {"Upload-Length": str(length), "Upload-Metadata": pairs}
        made = self.session.post(f"{self.address}/tus/", headers=headers, timeout=60)
        made.raise_for_status()
        url = self.address.removesuffix("/api/v1") + made.headers["Location"]
        offset = 0
        for chunk in chunks:
            headers = {
                "Upload-Offset": str(offset),
                "Content-Type": "application/offset+octet-stream",
            }
            self.session.patch(url, data=chunk, headers=headers, timeout=600).raise_for_status()
            offset += len(chunk)


def chunks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            yield data


def bundle_of(slices: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for sha256, content in slices.items():
            member = tarfile.TarInfo(sha256)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--files", type=int, default=700)
    parser.add_argument("--inspected", action="store_true", help="send cleaned images")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lobule-upload-") as folder:
        make = inspected_contents if options.inspected else contents
        everything = make(options.megabytes, options.files, Path(folder))
        return measure(Path(folder), everything, is_inspected=options.inspected)


def measure(folder: Path, everything: Contents, *, is_inspected: bool) -> int:
    environment = os.environ | {
        "LOCAL_DIR": str(folder / "portal"),
        "STORAGE_KEEP_FREE_BYTES": "0",
        "DEIDENTIFICATION_REQUIRED": str(is_inspected).lower(),
    }
    manage(environment, "migrate")
    made = manage(environment, "shell", "-c", MAKE_ACCOUNT)
    _, site, key = made[made.index("MADE") :].split()
    announced = {
        path: (
            content.stat().st_size if isinstance(content, Path) else len(content),
            sha256_of(content),
        )
        for path, content in everything.items()
    }
    with portal(environment) as (address, pid):
        sender = Sender(address, key)
        Path(f"/proc/{pid}/clear_refs").write_text(FORGET_THE_PEAK)
        before_mb = resident_mb(pid)
        times = [time.monotonic()]
        upload = sender.announce(site, announced)
        times.append(time.monotonic())
        send_large(sender, upload["id"], everything, announced)
        times.append(time.monotonic())
        send_small(sender, upload["id"], everything, announced)
        times.append(time.monotonic())
        missing = len(sender.announce(site, announced)["missing"])
        peak_mb = resident_mb(pid, "VmHWM")
    took_s = [after - before for before, after in itertools.pairwise(times)]
    growth_mb = peak_mb - before_mb
    large = max(size for size, _ in announced.values()) / 1024**2
    print(f"announce {len(announced)} files: {took_s[0]:.2f} s")
    print(f"one file of {large:.0f} MB: {took_s[1]:.1f} s")
    print(f"{len(announced) - 1} slices in bundles: {took_s[2]:.1f} s")
    print(f"missing at the end: {missing}")
    print(f"server memory: {before_mb:.0f} MB before, {peak_mb:.0f} MB at most")
    is_good = growth_mb <= MOST_GROWTH_MB and missing == 0
    print(f"growth {growth_mb:.0f} MB of {MOST_GROWTH_MB:.0f}: {'met' if is_good else 'MISSED'}")
    return 0 if is_good else 1


def send_large(sender: Sender, upload: str, everything: Contents, announced: Announced) -> None:
    for path, content in everything.items():
        if isinstance(content, Path):
            size_bytes, sha256 = announced[path]
            about = {"upload": upload, "kind": "file", "sha256": sha256}
            sender.send(about, size_bytes, chunks_of(content))


def send_small(sender: Sender, upload: str, everything: Contents, announced: Announced) -> None:
    slices = {
        announced[path][1]: content
        for path, content in everything.items()
        if isinstance(content, bytes)
    }
    names = [*slices]
    for start in range(0, len(names), 128):
        bundle = bundle_of({name: slices[name] for name in names[start : start + 128]})
        about = {"upload": upload, "kind": "bundle"}
        parts = (bundle[at : at + CHUNK] for at in range(0, len(bundle), CHUNK))
        sender.send(about, len(bundle), parts)


if __name__ == "__main__":
    sys.exit(main())
