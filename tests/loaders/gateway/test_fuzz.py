"""Files in every state of damage: nothing crashes, nothing whole is lost.

Invariant 1 holds for each file, and in line formats what was not touched still lands.
"""

import json
import random
import resource
from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from loaders.home import Home, open_home
from loaders.inbox import load_inbox
from tests.loaders.gateway.mutations import DAMAGES
from tests.loaders.gateway.samples import SAMPLES

_RECORDS = 12
_NAMES = ["a'b;--", "$(rm -rf)", "..%2f", "ü\u202e", "a\nb", "*?[x]", "-rf", '"']


@dataclass(frozen=True)
class Case:
    path: Path
    damage: str
    untouched: Set[int] | None


def _lines(format_: str, first: int) -> list[bytes]:
    made = (SAMPLES[format_](first + number) for number in range(_RECORDS))
    return [m if isinstance(m, bytes) else json.dumps(m).encode() for m in made]


def _write(home: Home, format_: str, number: int) -> Case:
    draw = random.Random(f"{format_}:{number}")  # noqa: S311
    lines = _lines(format_, number * _RECORDS)
    damage = list(DAMAGES)[number % len(DAMAGES)]
    if number % 10 == 9:
        other = draw.choice([name for name in SAMPLES if name != format_])
        lines += _lines(other, number * _RECORDS)
        content, untouched = b"\n".join(lines) + b"\n", set(range(_RECORDS))
        damage = f"mixed with {other}"
    else:
        content, untouched = DAMAGES[damage](draw, lines)
    name = f"{number}{draw.choice(_NAMES) if number % 4 == 0 else ''}.log"
    path = home.inbox / format_ / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return Case(path, damage, untouched)


def _check(home: Home, cases: list[Case]) -> list[str]:
    """Loads of files in which text was spliced."""
    outcomes = load_inbox(home, [case.path for case in cases])
    assert len(outcomes) == len(cases)
    for case, outcome in zip(cases, outcomes, strict=True):
        told = f"{case.path.name}: {case.damage}: {outcome.status}, {outcome.reason}"
        entry = outcome.entry
        if entry is None:
            assert case.untouched is None or not case.untouched, told
            # Two files that were cut to the same few bytes are one.
            assert outcome.status in ("failed", "empty", "not_recognised", "known"), (
                told
            )
            continue
        parts = entry.landed_count + entry.quarantined_count + entry.ignored_count
        assert entry.read_count == parts, told
        assert entry.landed_count == sum(file.row_count for file in entry.files), told
        if case.untouched is not None:
            assert entry.landed_count + entry.ignored_count >= len(case.untouched), told
    found = zip(cases, outcomes, strict=True)
    return [
        outcome.entry.load_id
        for case, outcome in found
        if outcome.entry and case.damage == "spliced"
    ]


def _no_text_landed(home: Home, spliced: list[str]) -> None:
    # What was cut out and put back elsewhere stands where another value should.
    files = list(home.lake.glob("*/event_date=2*/*.parquet"))
    assert files
    for file in files:
        found = duckdb.execute(
            "select columns(*)::varchar from read_parquet($1) "
            "where not list_contains($2, load_id)",
            [str(file), spliced],
        )
        assert "canary" not in str(found.fetchall()), file.name


def _run(folder: Path, format_: str, first: int, most: int) -> None:
    home = open_home(folder)
    cases = [_write(home, format_, number) for number in range(first, first + most)]
    _no_text_landed(home, _check(home, cases))


@pytest.mark.parametrize("format_", SAMPLES)
def test_damaged_files_lose_nothing_that_is_whole(tmp_path, format_):
    _run(tmp_path, format_, 0, 200)


@pytest.mark.soak
@pytest.mark.parametrize("format_", SAMPLES)
def test_ten_thousand_damaged_files(tmp_path, format_):
    for first in range(0, 10_000, 200):
        _run(tmp_path / str(first), format_, 200 + first, 200)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4_000_000
