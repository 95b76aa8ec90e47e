"""Vendor files: written beside and renamed, the same bytes for the same content."""

import gzip
from pathlib import Path

# Higher levels take twice the time for a tenth less.
_LEVEL = 3


def write_gzip(path: Path, content: bytes) -> Path:
    """Write one gzip file; its header holds no name and no time."""
    return write_bytes(path, gzip.compress(content, _LEVEL, mtime=0))


def write_bytes(path: Path, content: bytes) -> Path:
    """Write one file, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(content)
    return beside.rename(path)
