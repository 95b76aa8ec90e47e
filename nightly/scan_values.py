"""Known raw values, looked for in any bytes: tens of thousands of them in one pass."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import duckdb

from loaders.engine import Connection
from loaders.errors import SettingsError
from loaders.privacy import masked
from nightly.scan_bytes import why

# So many bytes of a value are looked up at a time, at every fourth byte of the text:
# whatever a value's place, one of four neighbouring windows is looked up.
_WINDOW = 4
# Shorter values occur inside anything; they are compared with whole texts only.
SHORTEST = 2 * _WINDOW - 1
_BLOCK = 1 << 20


class RawValues:
    """Values that must not occur.

    A value is found in upper or lower case, as it is, as JSON escapes it and as a URL
    does. Exact: whatever contains it is found, and nothing else is.

    Args:
        values: Raw identifiers; those shorter than `SHORTEST` bytes count only where
            they are all of a text.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self._short: dict[str, str] = {}
        spellings: dict[bytes, str] = {}
        for value in values:
            if len(value.encode()) < SHORTEST:
                self._short[value.lower()] = value
            else:
                spellings |= dict.fromkeys(_spellings(value), value)
        self._longest = max(map(len, spellings), default=1)
        # Window -> (spelling, place of the window in it, value).
        self._windows: dict[int, list[tuple[bytes, int, str]]] = defaultdict(list)
        common = Counter(
            window for spelling in spellings for window in _windows(spelling)
        )
        for spelling, value in spellings.items():
            found = _windows(spelling)
            place = _rarest([common[window] for window in found])
            for offset in range(place, place + _WINDOW):
                self._windows[found[offset]].append((spelling, offset, value))

    def in_file(self, file: BinaryIO) -> set[str]:
        """Values that occur anywhere in the rest of a binary file."""
        found: set[str] = set()
        data = b""
        while chunk := file.read(_BLOCK):
            # What began in the last block may end in this one.
            data = data[-self._longest :] + chunk.lower() if data else chunk.lower()
            found |= self._in_bytes(data)
        return found

    def in_texts(self, texts: Sequence[str]) -> set[str]:
        """Values that occur in one of the texts."""
        joined = "\0".join(texts).encode(errors="surrogateescape").lower()
        found = self._in_bytes(joined)
        if self._short:
            lowered = {text.strip().lower() for text in texts}
            found |= {self._short[text] for text in lowered & self._short.keys()}
        return found

    def _in_bytes(self, data: bytes) -> set[str]:
        windows = self._windows
        view = memoryview(data + bytes(-len(data) % _WINDOW)).cast("I")
        found = set()
        for place, window in enumerate(view):
            if window in windows:
                for spelling, offset, value in windows[window]:
                    start = _WINDOW * place - offset
                    if data.startswith(spelling, start):
                        found.add(value)
        return found


def read_values(con: Connection, path: Path) -> list[str]:
    """The raw values of a list.

    Raises:
        SettingsError: It is not there, or is a Parquet file without such a column.
    """
    try:
        with path.open("rb") as file:
            if file.read(4) != b"PAR1":
                file.seek(0)
                lines = file.read().decode("utf-8-sig", "surrogateescape").splitlines()
                return [line.strip() for line in lines if line.strip()]
        rows = con.execute(
            "select distinct cast(value as varchar) from read_parquet($1) "
            "where trim(cast(value as varchar)) <> ''",
            [str(path)],
        ).fetchall()
    except (OSError, duckdb.Error) as error:
        raise SettingsError(
            f"--values {masked(str(path))}: cannot be read ({why(error)}); give one "
            "value a line, or a Parquet file with a column `value`"
        ) from None
    return [value for (value,) in rows]


def _spellings(value: str) -> set[bytes]:
    spelled: set[str] = set()
    for cased in (value, value.lower(), value.upper()):
        raw = cased.encode(errors="surrogateescape")
        spelled |= {cased, quote(raw), quote(raw, safe="")}
        spelled |= {
            json.dumps(cased)[1:-1],
            json.dumps(cased, ensure_ascii=False)[1:-1],
        }
    # What remains is the case of ASCII letters, in which the text is lowered too.
    return {text.encode(errors="surrogateescape").lower() for text in spelled}


def _windows(spelling: bytes) -> list[int]:
    return [
        int.from_bytes(spelling[start : start + _WINDOW], sys.byteorder)
        for start in range(len(spelling) - _WINDOW + 1)
    ]


def _rarest(counts: Sequence[int]) -> int:
    """Where the four neighbouring windows begin that the fewest values share."""
    places = range(len(counts) - _WINDOW + 1)
    return min(places, key=lambda place: sum(counts[place : place + _WINDOW]))
