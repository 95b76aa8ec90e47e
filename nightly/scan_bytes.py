"""A file's bytes as `tollbook scan` reads them: unpacked, in pieces and in lines."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from loaders.decoding import (
    Content,
    DecompressionBomb,
    decode,
    decompressor_for,
    transcoder_for,
)

LINES_AT_ONCE = 20_000
_PACKED_OTHERWISE = (b"PK\x03\x04", b"BZh", b"\xfd7zXZ\x00", b"7z\xbc\xaf\x27\x1c")
_LONGEST_PIECE = 8 << 20
_OVERLAP = 1 << 12


class Unread(Exception):
    """A file, or a part of it, that nobody could look into; the message says why."""


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file's bytes; those of a .gz or .zst, and of UTF-16 text, as plain text.

    Raises:
        Unread: It is damaged, or packed in another way.
    """
    with path.open("rb") as file:
        magic = file.read(6)
        file.seek(0)
        if magic.startswith(_PACKED_OTHERWISE):
            raise Unread("packed in a way that is not opened here")
        unpacker = decompressor_for(magic[:4])
        if unpacker is None and transcoder_for(magic[:4]) is None:
            yield file
            return
        with tempfile.TemporaryFile() as text:
            try:
                decode(file, hashlib.sha256(), unpacker, Content(lambda key: ()), text)
            except DecompressionBomb:
                raise Unread("decompresses to absurdly much") from None
            text.seek(0)
            yield text
        if unpacker is not None and not unpacker.is_complete:
            raise Unread("damaged: not all of it can be decompressed")


def pieces_of(file: BinaryIO) -> Iterator[bytes]:
    """The bytes in pieces; what one cuts in two is whole in the next."""
    while piece := _piece(file, file.read(_LONGEST_PIECE)):
        yield piece


def lines_of(file: BinaryIO) -> Iterator[list[bytes]]:
    """The lines, many at a time; an endless one comes in pieces that overlap."""
    while lines := _lines(file):
        yield lines


def _lines(file: BinaryIO) -> list[bytes]:
    lines: list[bytes] = []
    held = 0
    while len(lines) < LINES_AT_ONCE and held < _LONGEST_PIECE:
        line = _piece(file, file.readline(_LONGEST_PIECE))
        if not line:
            break
        lines.append(line)
        held += len(line)
    return lines


def _piece(file: BinaryIO, piece: bytes) -> bytes:
    """A piece just read; what its end may cut in two comes again in the next one."""
    if len(piece) == _LONGEST_PIECE and piece[-1:] != b"\n":
        file.seek(-_OVERLAP, 1)
    return piece


def why(error: Exception) -> str:
    """Why a file cannot be read, without what an engine quotes of it."""
    if isinstance(error, Unread):
        return str(error)
    if isinstance(error, OSError):
        return error.strerror or "cannot be read"
    return f"cannot be read ({type(error).__name__})"
