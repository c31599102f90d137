"""What the caller may set: limits against hostile input, and values that the header lacks."""

from __future__ import annotations

from dataclasses import dataclass, field

MIB = 1024**2
GIB = 1024**3


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Bounds on what a received folder or archive may cost to read.

    Parameters
    ----------
    max_files
        Files in a folder, or members in all archives together.
    max_uncompressed_bytes
        Bytes that all archives together may unpack to.
    max_compression_ratio
        Unpacked over packed size of an archive, looked at above ``ratio_free_bytes``; MR images
        reach about 2-20, bombs reach 1000 and more.
    ratio_free_bytes
        Unpacked size below which any ratio is harmless.
    max_pixels_per_image
        Rows times columns of one slice.
    max_pixels_per_file
        Voxels of one file, over all frames.
    child_memory_bytes
        Address space of a reading process.
    child_cpu_seconds
        Processor time that a reading process may use for one file before it is stopped.
    workers
        Reading processes that run side by side.
    """

    max_files: int = 50_000
    max_uncompressed_bytes: int = 12 * GIB
    max_compression_ratio: float = 100.0
    ratio_free_bytes: int = 64 * MIB
    max_pixels_per_image: int = 4096 * 4096
    max_pixels_per_file: int = 512 * MIB
    child_memory_bytes: int = 4 * GIB
    child_cpu_seconds: int = 60
    workers: int = 2


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a study.

    Parameters
    ----------
    echo_times_ms
        True echo times in acquisition order, for exports whose header is wrong or silent.
    field_strength_t
        Main field in tesla, replacing the header's.
    limits
        Bounds against hostile or broken input.
    """

    echo_times_ms: tuple[float, ...] = ()
    field_strength_t: float | None = None
    limits: ReadLimits = field(default_factory=ReadLimits)
