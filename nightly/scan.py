"""Looking for people and secrets where none may be: `tollbook scan`.

Two questions of every file: is there a text shaped like a credential, an e-mail or an
IP address, and does one of the given raw values occur anywhere. The answer names the
place and how many, never a value.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from loaders.engine import Connection, engine
from loaders.errors import SettingsError
from loaders.home import Home
from loaders.inbox import Progress
from loaders.privacy import CREDENTIAL, EMAIL, IP, MAY_HOLD_IP, masked
from loaders.sql import quoted
from nightly.console import tell
from nightly.scan_bytes import Unread, opened, why
from nightly.scan_texts import Texts, texts_of
from nightly.scan_values import RawValues, read_values

# In the order of `_shaped`.
_SHAPES = {"credential": CREDENTIAL, "e-mail address": EMAIL, "IP address": IP}
_GIVEN = "given value"
_TEXTS_AT_ONCE = 100_000


@dataclass(frozen=True)
class Finding:
    """Something raw.

    Attributes:
        name: File, below the home where possible, masked.
        column: Column, JSON key, or `(line)`, `(bytes)`, `(file name)`.
        shape: What it looks like; `given value` for one of the list.
        count: Distinct texts that hold one; of given values, how many of the list.
    """

    name: str
    column: str
    shape: str
    count: int


@dataclass
class Scanned:
    """What a scan saw.

    Attributes:
        files: Files looked into.
        size_bytes: Their size on disk.
        findings: What must not be there.
        unread: Name and reason of files that could not be looked into whole.
    """

    files: int
    size_bytes: int
    findings: list[Finding]
    unread: list[tuple[str, str]]


def scan(
    home: Home,
    paths: Sequence[Path] = (),
    values: Path | None = None,
    progress: Progress = lambda name, done, total: None,
) -> Scanned:
    """Search files for raw identifiers and credentials.

    Args:
        home: The installation.
        paths: Files or folders; empty means the home without `inbox/` and `secrets/`.
        values: Raw values that must not occur: one a line, or a Parquet file with a
            column `value`.
        progress: Called with (file name, files done, files in all).

    Raises:
        SettingsError: A path does not exist, or `values` cannot be read.
    """
    scanned = Scanned(0, 0, [], [])
    with engine() as con:
        given = None if values is None else RawValues(read_values(con, values))
        known = values and values.resolve()
        files = [
            path for path in _files(home, paths, scanned) if path.resolve() != known
        ]
        for done, path in enumerate(files):
            name = _name_of(home, path)
            shown = "/".join(_shown(part, given) for part in name.split("/"))
            progress(shown, done, len(files))
            counts: Counter[tuple[str, str]] = Counter()
            try:
                scanned.size_bytes += path.stat().st_size
                _look_into(con, path, name, given, counts)
            except (Unread, OSError, duckdb.Error) as error:
                scanned.unread.append((shown, why(error)))
            scanned.files += 1
            scanned.findings += [
                Finding(shown, _shown(column, given), shape, count)
                for (column, shape), count in counts.items()
                if count
            ]
    return scanned


def tell_scanned(scanned: Scanned) -> bool:
    """Print what a scan saw; whether a person must look at it."""
    for finding in scanned.findings:
        where = f"{finding.name}, {finding.column}"
        tell(f"found     {where}: {finding.count:,} × {finding.shape}")
    for name, reason in scanned.unread:
        tell(f"unread    {name}: {reason}")
    size = f"{scanned.files:,} files, {scanned.size_bytes / 1e6:,.1f} MB"
    tell(f"scanned   {size}{'' if scanned.findings else '; found none'}")
    if scanned.findings:
        tell(f"attention {len(scanned.findings)} places hold raw values")
    if scanned.unread:
        tell(f"attention {len(scanned.unread)} files could not be looked into")
    return bool(scanned.findings or scanned.unread)


def _look_into(
    con: Connection,
    path: Path,
    name: str,
    given: RawValues | None,
    counts: Counter[tuple[str, str]],
) -> None:
    """Fill `counts`: (column, shape) -> distinct values; also of what is half read."""
    found: set[tuple[str, str]] = set()
    with opened(path) as file, closing(texts_of(con, path, name, file)) as parts:
        for texts in parts:
            for place, *shaped in _shaped(con, texts):
                for shape, count in zip(_SHAPES, shaped, strict=True):
                    counts[place, shape] += count
            if given is not None:
                for place, held in _by_place(con, texts):
                    found |= {(place, value) for value in given.in_texts(held)}
        if given is not None:
            file.seek(0)
            told = {value for _, value in found}
            found |= {("(bytes)", value) for value in given.in_file(file) - told}
            counts.update((place, _GIVEN) for place, _ in found)


def _shaped(con: Connection, texts: Texts) -> list[tuple[Any, ...]]:
    """(place, values of each of `_SHAPES`), of places that have any."""
    suspects = con.execute(
        # One pass over everything: nearly every text is clean.
        f"""
        create or replace temp table suspects as
        select place, value from ({texts.sql}) where regexp_matches(value, $shape)
        """,
        {**texts.parameters, "shape": "|".join(_SHAPES.values())},
    ).fetchall()[0][0]
    if not suspects:
        return []
    may_hold_ip = ", ".join(map(quoted, sorted(MAY_HOLD_IP)))
    return con.execute(
        f"""
        select
            place,
            count(*) filter (regexp_matches(value, $credential)),
            count(*) filter (regexp_matches(value, $email)),
            count(*) filter (
                regexp_matches(value, $ip)
                and regexp_extract(place, '[^.]*$') not in ({may_hold_ip})
            )
        from suspects
        group by place
        order by place
        """,
        {"credential": CREDENTIAL, "email": EMAIL, "ip": IP},
    ).fetchall()


def _by_place(con: Connection, texts: Texts) -> Iterator[tuple[str, list[str]]]:
    rows = con.execute(texts.sql, texts.parameters or None)
    while batch := rows.fetchmany(_TEXTS_AT_ONCE):
        held: dict[str, list[str]] = defaultdict(list)
        for place, value in batch:
            if value is not None:
                held[place].append(value)
        yield from held.items()


def _files(home: Home, paths: Sequence[Path], scanned: Scanned) -> Iterator[Path]:
    for path in paths or [home.path]:
        if path.is_dir():
            left_alone = () if paths else (home.inbox, home.path / "secrets")
            yield from _below(path.resolve() if paths else path, left_alone, scanned)
        elif path.is_file():
            yield path
        else:
            raise SettingsError(f"{masked(str(path))}: no such file or folder")


def _below(top: Path, left_alone: Iterable[Path], scanned: Scanned) -> Iterator[Path]:
    """Files of a folder, hidden ones too; a link's target is looked at where it is."""

    def cannot_list(error: OSError) -> None:
        scanned.unread.append((masked(str(error.filename)), why(error)))

    for folder, folders, names in os.walk(top, onerror=cannot_list):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if here / name not in left_alone)
        for name in sorted(names):
            if (here / name).is_file() and not (here / name).is_symlink():
                yield here / name


def _name_of(home: Home, path: Path) -> str:
    full = Path(os.path.abspath(path))
    return str(full.relative_to(home.path) if full.is_relative_to(home.path) else full)


def _shown(text: str, given: RawValues | None) -> str:
    """A name as it may be printed: it may hold what it must not, too."""
    return "[masked]" if given and given.in_texts([text]) else masked(text)
