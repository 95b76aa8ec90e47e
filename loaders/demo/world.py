"""The demo world: drawn in SQL a block of days at a time, written as vendors would.

What is drawn depends on the seed and on names alone, never on order or threads, so the
same seed gives the same bytes.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb

from loaders.demo.directory import write_directory
from loaders.demo.files import write_gzip
from loaders.demo.records import add_block, write_truth
from loaders.demo.rules import write_rules

_BEGIN = datetime(2026, 4, 1)  # noqa: DTZ001 - UTC, as every time here
_SQL = Path(__file__).parent
# Requests drawn at once; more need more memory, fewer more time.
_BLOCK = 100_000
# More threads take longer: the steps are too short to share. The bytes are the same.
_THREADS = 1
_STEPS = (
    "requests",
    "attempts",
    "deliveries",
    "events_lines",
    "litellm_lines",
    "product_lines",
    "faults",
    "truth",
)


def write_demo(
    folder: Path,
    days: int = 61,
    seed: int = 1,
    requests_a_day: int = 5000,
    is_home: bool = False,
) -> Iterator[Path]:
    """Write what the vendors of a fictional company would have written.

    The vendors' files go to `inbox/demo/`, as in a home, the company's rule tables to
    `seeds/costs/`; what is true of them goes to `demo/` beside, and no loader looks
    there.

    Args:
        folder: Made where it does not exist.
        days: UTC days from 2026-04-01 on.
        seed: Of every random choice; same seed, same bytes.
        requests_a_day: Logical requests on an average day, about.
        is_home: Do not say what is true: it names people, as vendors' files do, and
            does not belong into a home.

    Yields:
        Each file, once it is whole.
    """
    inbox = folder / "inbox" / "demo"
    with duckdb.connect() as con:
        _begin(con, days, seed, requests_a_day)
        yield from write_rules(folder)
        yield from write_directory(con, inbox / "directory")
        block = max(1, _BLOCK // requests_a_day)
        for first in range(0, days, block):
            _draw(con, first, min(days, first + block))
            add_block(con)
            yield from _write_block(con, inbox)
        if not is_home:
            con.execute((_SQL / "truth_whole.sql").read_text())
            yield from write_truth(con, folder / "demo" / "truth")


def _begin(
    con: duckdb.DuckDBPyConnection, days: int, seed: int, requests_a_day: int
) -> None:
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"set threads = {_THREADS}")
    given = {"seed": seed, "days": days, "requests_a_day": requests_a_day}
    for name, value in given.items():
        con.execute(f"set variable {name} = {value}")
    con.execute(f"set variable begin = timestamp '{_BEGIN}'")
    for name in ("words", "company", "catalog", "keys"):
        con.execute((_SQL / f"{name}.sql").read_text())


def _draw(con: duckdb.DuckDBPyConnection, first_day: int, end_day: int) -> None:
    """Fill the tables of the days from `first_day` to before `end_day`."""
    con.execute(f"set variable first_day = {first_day}")
    con.execute(f"set variable end_day = {end_day}")
    for step in _STEPS:
        con.execute((_SQL / f"{step}.sql").read_text())


def _write_block(con: duckdb.DuckDBPyConnection, inbox: Path) -> Iterator[Path]:
    copies = dict(con.execute("from copied_files order by all").fetchall())
    files = con.execute(
        "select distinct file from placed_lines order by file"
    ).fetchall()
    for (file,) in files:
        ((content,),) = con.execute(
            r"""
            select encode(string_agg(line || E'\n', '' order by line_no))
            from placed_lines where file = $file
            """,
            {"file": file},
        ).fetchall()
        for name in filter(None, (file, copies.get(file))):
            yield write_gzip(inbox / name, content)
