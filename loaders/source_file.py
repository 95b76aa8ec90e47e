"""One vendor file: what it is (hashes, counts), and its text for DuckDB to read.

The file is opened once and never by its path again: a hostile name is no glob and no
SQL, and the bytes that were hashed are the bytes that are parsed. Decompressed text
lives in an unlinked temporary file, so a killed run leaves no prompt behind.
"""

import hashlib
import io
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from loaders.csv_rows import rows_of
from loaders.decoding import (
    Content,
    DecompressionBomb,
    count,
    decode,
    decompressor_for,
    transcoder_for,
)
from loaders.errors import FileNotLanded
from loaders.json_values import Layout, layout_of, values_of

_MOST_SPLIT_BYTES = 512 << 20
# Up to here a file is held in memory and landed together with others.
SMALL_BYTES = 8 << 20


@dataclass
class SourceFile:
    """An open vendor file.

    Attributes:
        path: Where it was found.
        sha256: Of the bytes on disk; with the format it identifies the load.
        size_bytes: On disk.
        mtime_ns: Modification time at opening.
        content_sha256: Of the text after decompression.
        content_bytes: Its length.
        content_key: Digest of its first bytes; None where it is too short to grow.
        is_truncated: The compressed stream ends early; what came out is kept.
        layout: `lines` (NDJSON), `values` (an array, or objects over many lines) or
            `csv`.
        line_count: Lines that are not blank, counted without any JSON parser.
        prefixes: Length -> sha256 of that many first bytes, for lengths asked for.
        head: The first megabyte of text.
        value_places: (byte offset, length) of each record in the original text, once
            `take_apart` did so.
    """

    path: Path
    sha256: str
    size_bytes: int
    mtime_ns: int
    content_sha256: str
    content_bytes: int
    content_key: str | None
    is_truncated: bool
    layout: Layout
    line_count: int
    prefixes: dict[int, str]
    head: bytes
    _text: BinaryIO
    _stack: ExitStack = field(repr=False)
    value_places: list[tuple[int, int]] | None = None

    def __enter__(self) -> Self:
        """Keep the descriptors open for the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them; temporary text vanishes."""
        self._stack.close()

    @property
    def is_small(self) -> bool:
        """Held in memory; has no descriptor that DuckDB could open."""
        return isinstance(self._text, io.BytesIO)

    @property
    def text(self) -> BinaryIO:
        """What it says, decompressed and decoded, at its beginning."""
        self._text.seek(0)
        return self._text

    def as_lines(self) -> Self:
        """The same as text in lines, whatever its first bytes look like."""
        self.layout = "lines"
        return self

    def changed_since_opened(self) -> bool:
        """Whether a writer touched the file while DuckDB read it."""
        if self.is_small:
            return False
        try:
            now = self.path.stat()
        except OSError:  # renamed meanwhile, as a rotated log is
            return True
        return (now.st_size, now.st_mtime_ns) != (self.size_bytes, self.mtime_ns)

    def take_apart(self) -> None:
        """Rewrite the text as one JSON value a line, however it was laid out.

        For CSV, and for files that DuckDB refuses or mostly cannot read: a broken value
        must not take the good ones around it along.

        Raises:
            FileNotLanded: The file is too large to be taken apart in memory.
        """
        if self.content_bytes > _MOST_SPLIT_BYTES:
            raise FileNotLanded(
                f"{self.path}: neither lines nor one sound JSON array, and too large "
                f"(over {_MOST_SPLIT_BYTES >> 20} MiB) to be taken apart"
            )
        text = self.text.read().decode("utf-8", errors="surrogateescape")
        spool = (
            io.BytesIO() if self.is_small else self._stack.enter_context(temporary())
        )
        self.value_places = []
        offset = reached = 0
        for start, end, value in self._values(text):
            offset += len(text[reached:start].encode("utf-8", "surrogateescape"))
            length = len(text[start:end].encode("utf-8", "surrogateescape"))
            self.value_places.append((offset, length))
            line = value.encode("utf-8", "surrogateescape")
            spool.write(line.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n")
            offset, reached = offset + length, end
        spool.flush()
        self._text, self.layout = spool, "lines"
        self.line_count = len(self.value_places)

    def _values(self, text: str) -> Iterator[tuple[int, int, str]]:
        if self.layout == "csv":
            yield from rows_of(text)
        else:
            for start, end in values_of(text):
                yield start, end, text[start:end]


def temporary() -> BinaryIO:
    """Text on disk without a name: gone when closed, also when killed."""
    return tempfile.TemporaryFile()


def open_source(path: Path, lengths_for: Callable[[str], Iterable[int]]) -> SourceFile:
    """Open, hash, count and, where needed, decompress and decode one file.

    Args:
        path: A regular file: plain, gzip or zstd; UTF-8 or UTF-16 with a mark.
        lengths_for: Given a text's `content_key`, the lengths (bytes) at which a digest
            of it is wanted.

    Raises:
        FileNotLanded: It is not a regular file, or not readable.
    """
    stack = ExitStack()
    try:
        # A pipe must not make the night wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        file = stack.enter_context(os.fdopen(descriptor, "rb"))
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise FileNotLanded(f"{path}: not a regular file")
        content, magic = Content(lengths_for), file.read(4)
        file.seek(0)
        decompressor = decompressor_for(magic)
        text: BinaryIO = file
        if decompressor is None and transcoder_for(magic) is None:
            count(file, content)
            disk = content.sha256
        else:
            text, disk = stack.enter_context(temporary()), hashlib.sha256()
            decode(file, disk, decompressor, content, text)
        if content.length <= SMALL_BYTES:
            text.seek(0)
            small = io.BytesIO(text.read(content.length))
            stack.close()
            text = small
    except OSError as error:
        stack.close()
        raise FileNotLanded(f"{path}: {error.strerror}") from error
    except DecompressionBomb:
        stack.close()
        raise FileNotLanded(f"{path}: decompresses to absurdly much") from None
    except BaseException:
        stack.close()
        raise
    return SourceFile(
        path=path,
        sha256=disk.hexdigest(),
        size_bytes=status.st_size,
        mtime_ns=status.st_mtime_ns,
        content_sha256=content.sha256.hexdigest(),
        content_bytes=content.length,
        content_key=content.key,
        is_truncated=decompressor is not None and not decompressor.is_complete,
        layout=layout_of(bytes(content.head)),
        line_count=content.line_count,
        prefixes=content.prefixes,
        head=bytes(content.head),
        _text=text,
        _stack=stack,
    )
