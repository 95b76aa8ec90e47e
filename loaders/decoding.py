"""From a file's bytes to UTF-8 text: decompression, encodings, counting."""

import codecs
import hashlib
import zlib
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import BinaryIO

import zstandard

_CHUNK = 1 << 20
# What DuckDB takes for a blank line.
BLANK = b" \t\r\n\x0b\x0c"
_MAY_BE_BLANK = frozenset((b"", b" ", b"\t", b"\r", b"\x0b", b"\x0c"))
# Small bites: what a damaged or hostile stream gives at once must fit into memory.
_BITE = 4096
# No log shrinks more; a larger text is a bomb.
_MOST_RATIO = 5000
_ALWAYS_ALLOWED = 1 << 30
_HEAD = 1 << 20
# Files that begin alike are looked for by a digest of so many bytes.
KEY_BYTES = 256


class Content:
    """Digest, lines and head of the text, fed in chunks of any size.

    Args:
        lengths_for: Given the digest of the first `KEY_BYTES`, the lengths at which a
            digest of the text so far is wanted; none is shorter than that.
    """

    def __init__(self, lengths_for: Callable[[str], Iterable[int]]) -> None:
        self.sha256 = hashlib.sha256()
        self.length = 0
        self.head = bytearray()
        self.key: str | None = None
        self.prefixes: dict[int, str] = {}
        self._lengths_for = lengths_for
        self._wanted: list[int] = []
        self._ended_lines = 0
        self._is_line_open = False

    @property
    def line_count(self) -> int:
        """Lines that are not blank, so far."""
        return self._ended_lines + self._is_line_open

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        if len(self.head) < _HEAD:
            self.head += chunk[: _HEAD - len(self.head)]
        if self.key is None and len(self.head) >= KEY_BYTES:
            self.key = hashlib.sha256(self.head[:KEY_BYTES]).hexdigest()
            self._wanted = sorted(set(self._lengths_for(self.key)), reverse=True)
        self._count(chunk)
        start = 0
        while self._wanted and self._wanted[-1] <= self.length + len(chunk):
            wanted = self._wanted.pop()
            end = wanted - self.length
            self.sha256.update(chunk[start:end])
            self.prefixes[wanted] = self.sha256.copy().hexdigest()
            start = end
        self.sha256.update(chunk[start:] if start else chunk)
        self.length += len(chunk)

    def _count(self, chunk: bytes) -> None:
        first, *ended = chunk.split(b"\n")
        self._is_line_open = self._is_line_open or not _is_blank(first)
        if ended:
            last = ended.pop()
            self._ended_lines += self._is_line_open
            self._ended_lines += len(ended) - sum(map(_is_blank, ended))
            self._is_line_open = not _is_blank(last)


def _is_blank(line: bytes) -> bool:
    # Most lines are long and begin with a brace: look at one byte first.
    return line[:1] in _MAY_BE_BLANK and not line.strip(BLANK)


class Decompressor:
    """gzip (any number of members) or zstd, keeping what a cut stream gave."""

    def __init__(self, new_member: Callable[[], "zlib._Decompress"]) -> None:
        self._new_member = new_member
        self._member = new_member()
        self._is_over = False
        self._taken = self._given = 0
        self.is_complete = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Text of the next bytes of the file.

        Raises:
            DecompressionBomb: The text is absurdly larger than the file.
        """
        self._taken += len(chunk)
        for start in range(0, len(chunk), _BITE):
            for piece in self._bite(chunk[start : start + _BITE]):
                self._given += len(piece)
                if self._given > max(_ALWAYS_ALLOWED, _MOST_RATIO * self._taken):
                    raise DecompressionBomb
                yield piece

    def _bite(self, chunk: bytes) -> Iterator[bytes]:
        while chunk and not self._is_over:
            if self.is_complete:  # padding, junk or another member
                chunk = chunk.lstrip(b"\0")
                if chunk[:1] not in (b"\x1f", b"\x28"):
                    return
                self._member, self.is_complete = self._new_member(), False
            try:
                piece = self._member.decompress(chunk)
            except (zlib.error, zstandard.ZstdError):
                # Damaged here: what came before is kept, the rest cannot be read.
                self._is_over = True
                return
            chunk = self._member.unused_data if self._member.eof else b""
            self.is_complete = self._member.eof
            yield piece


class DecompressionBomb(Exception):
    """The text is absurdly larger than the file."""


class Transcoder:
    """UTF-16 or marked UTF-8 to plain UTF-8."""

    def __init__(self, encoding: str) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")

    def feed(self, chunk: bytes) -> bytes:
        """UTF-8 text of the next bytes."""
        return self._decoder.decode(chunk).encode()


def decompressor_for(magic: bytes) -> Decompressor | None:
    """What unpacks a file, by its first four bytes; None where nothing has to."""
    if magic[:2] == b"\x1f\x8b":
        return Decompressor(lambda: zlib.decompressobj(wbits=31))
    if magic == b"\x28\xb5\x2f\xfd":
        new = zstandard.ZstdDecompressor(max_window_size=2**31).decompressobj
        return Decompressor(lambda: new())  # type: ignore[return-value, arg-type]
    return None


def transcoder_for(magic: bytes) -> Transcoder | None:
    """What turns text into plain UTF-8, by its first four bytes."""
    if magic[:3] == codecs.BOM_UTF8:
        return Transcoder("utf-8-sig")
    if magic[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return Transcoder("utf-16")
    return None


def count(file: BinaryIO, content: Content) -> None:
    """Take in a file that is plain text already."""
    while chunk := file.read(_CHUNK):
        content.feed(chunk)


def decode(
    file: BinaryIO,
    disk: "hashlib._Hash",
    decompressor: Decompressor | None,
    content: Content,
    text: BinaryIO,
) -> None:
    """Write the text of a packed or marked file, hashing the bytes on disk too."""
    pieces = _pieces(file, disk, decompressor)
    first = next(pieces, b"")
    transcoder = transcoder_for(first[:4])
    for piece in chain((first,), pieces):
        plain = transcoder.feed(piece) if transcoder else piece
        content.feed(plain)
        text.write(plain)
    text.flush()


def _pieces(
    file: BinaryIO, disk: "hashlib._Hash", decompressor: Decompressor | None
) -> Iterator[bytes]:
    """The text in pieces, hashing the bytes on disk on the way."""
    while chunk := file.read(_CHUNK):
        disk.update(chunk)
        if decompressor is None:
            yield chunk
        else:
            yield from filter(None, decompressor.feed(chunk))
