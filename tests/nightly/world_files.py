"""Files of random worlds: split, grown, cut, packed, repeated, and what each holds."""

import csv
import gzip
import hashlib
import io
import json
import os
import random
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import zstandard

from tests.nightly.world_calls import Call

BROKEN = [b"{cut", b'"a text"', b'{"event_type": "api_request"}', b'{"startTime": 1}']
PACKINGS = ["plain", "plain", "plain", "gz", "members", "zst", "utf16", "marked"]


@dataclass
class Delivered:
    """A file in the making: its text grows, its name may change.

    Attributes:
        calls: Whose lines stand in it whole.
        tail: The beginning of a line whose rest comes later, and whose that is.
        broken: Lines that are no records.
    """

    format: str
    folder: str
    name: str
    layout: str
    packing: str
    line_end: bytes
    text: bytes = b""
    calls: list[Call] = field(default_factory=list)
    tail: tuple[bytes, Call] | None = None
    broken: int = 0

    @property
    def days(self) -> set[datetime]:
        return {call.day for call in self.calls}

    @property
    def record_count(self) -> int:
        return sum(call.repeat for call in self.calls)

    @property
    def may_break(self) -> bool:
        """A file most of which is no record is taken for something else."""
        return self.broken + 1 < self.record_count

    @property
    def content(self) -> bytes:
        if self.layout == "array":
            return b"[" + b",\n".join(self.text.splitlines()) + b"]"
        return self.text + (self.tail[0] if self.tail else b"")

    def add(self, rng: random.Random, calls: Iterable[Call]) -> None:
        """More lines; the one that was cut is completed first."""
        first = [self.tail[1]] if self.tail else []
        self.tail = None
        if self.text and not self.text.endswith(b"\n"):
            self.text += self.line_end
        for call in [*first, *calls]:
            for _ in range(call.repeat):
                self.text += call.line + self.line_end
                if self.layout == "lines" and rng.random() < 0.1:
                    self.text += rng.choice([b"", b"  ", b"\t"]) + self.line_end
            self.calls.append(call)
            if self.layout == "lines" and rng.random() < 0.06 and self.may_break:
                self.text += rng.choice(BROKEN) + self.line_end
                self.broken += 1
        if self.layout == "lines" and rng.random() < 0.3:
            self.text = self.text.rstrip()

    def cut(self, rng: random.Random, call: Call) -> None:
        """Let it end within the line of a record that comes later."""
        line = call.line
        if not self.text.endswith(b"\n"):
            self.text += self.line_end
        self.tail = line[: rng.randint(1, len(line) - 2)], call


def pack(rng: random.Random, content: bytes, packing: str) -> bytes:
    match packing:
        case "gz":
            return gzip.compress(content, mtime=rng.randint(0, 10**9))
        case "members":  # cut anywhere, also within a line
            cut = rng.randint(0, len(content))
            return gzip.compress(content[:cut]) + gzip.compress(content[cut:])
        case "zst":
            return zstandard.ZstdCompressor().compress(content)
        case "utf16":
            return content.decode().encode("utf-16")
        case "marked":
            return content.decode().encode("utf-8-sig")
    return content


class Inbox:
    """Where files are put, and what a load of each must count.

    Attributes:
        expected: sha256 -> records read, and how many of them are no records.
    """

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.folder, self.rng = folder, rng
        self.expected: dict[str, tuple[int, int]] = {}
        self._count = 0

    def new_name(self, world: str, stem: str) -> str:
        """Sorted anywhere among the others."""
        self._count += 1
        return f"{self.rng.randint(0, 99):02}-{world}-{stem}-{self._count}"

    def write(self, folder: str, name: str, content: bytes, counts: tuple[int, int]):
        path = self.folder / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        moment = self.rng.randint(1, 2 * 10**9)
        os.utime(path, (moment, moment))
        sha256 = hashlib.sha256(content).hexdigest()
        assert self.expected.setdefault(sha256, counts) == counts
        return path

    def put(self, file: Delivered, name: str = "", packing: str = "") -> None:
        broken = file.broken + (file.tail is not None)
        content = pack(self.rng, file.content, packing or file.packing)
        counts = file.record_count + broken, broken
        self.write(file.folder, name or file.name, content, counts)

    def put_half(self, file: Delivered) -> list[Call]:
        """An archive that is still being written; the calls it gives by now."""
        whole = gzip.compress(file.content)
        half = whole[: self.rng.randint(1, len(whole) - 9)]
        text = zlib.decompressobj(wbits=31).decompress(half)
        lines = [line.strip() for line in text.split(b"\n") if line.strip()]
        given = [call for call in file.calls if call.line in lines]
        if given:
            # Counted by lines: two copies of a call are one and the same line.
            sound = {call.line for call in given}
            counts = len(lines), sum(line not in sound for line in lines)
            self.write(file.folder, file.name, half, counts)
        return given

    def put_table(
        self, world: str, table: str, rows: Sequence[dict[str, object]]
    ) -> None:
        """A directory's table, as CSV or JSON."""
        rng = self.rng
        rows = [{name: plain(value) for name, value in row.items()} for row in rows]
        kind = rng.choice(["csv", "lines", "array"])
        if kind == "csv":
            names = rng.sample(list(rows[0]), len(rows[0]))
            text = io.StringIO()
            ends = rng.choice(["\n", "\r\n"])
            table_of = csv.DictWriter(
                text, names, delimiter=rng.choice(",;\t"), lineterminator=ends
            )
            table_of.writeheader()
            table_of.writerows(rows)
            content = text.getvalue().encode()
        elif kind == "lines":
            content = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        else:
            content = json.dumps(rows).encode()
        stem = rng.choice([f"directory_{table}", table])
        name = f"{stem}_{world}_{self.new_name(world, table)}"
        packed = pack(rng, content, rng.choice(["plain", "plain", "gz", "marked"]))
        self.write("directory", name, packed, (len(rows), 0))


def plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
