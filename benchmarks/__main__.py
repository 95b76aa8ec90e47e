"""`python -m benchmarks`: every measurement, as one table of ratios.

Files and homes are made anew under --folder and deleted afterwards. Each measurement is
a process of its own. Read the ratios: they come from one run on one machine.
"""

import argparse
import gzip
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import duckdb

from benchmarks.format_files import write
from benchmarks.lake import FIRST, write_days, write_directory
from benchmarks.measured import Measured, run
from benchmarks.peers import PEERS
from loaders.demo.world import write_demo
from loaders.home import Home, open_home

_EVENTS = Path(__file__).with_name("events.sql")
Row = tuple[str, str, str, str]


def main() -> None:
    """Measure what was asked for and print the table."""
    asked = _arguments()
    folder = Path(tempfile.mkdtemp(prefix="tollbook-bench-", dir=asked.folder))
    print(f"{_machine()}\n\n| what | took | ratio | peak memory |\n|---|---|---|---|")
    try:
        for name, rows in _SUITES.items():
            if asked.suite in ("all", name):
                for row in rows(folder, asked.scale):
                    print(f"| {' | '.join(row)} |", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("suite", nargs="?", default="all", choices=["all", *_SUITES])
    parser.add_argument("--folder", help="where to work; 30 GB at full scale")
    parser.add_argument(
        "--scale", type=float, default=1.0, help="0.1: a tenth of the records"
    )
    return parser.parse_args()


def _landing(folder: Path, scale: float) -> Iterator[Row]:
    """Landing `events` against the bare conversion, then LiteLLM's own records."""
    home, records = _home(folder / "landing"), int(2_000_000 * scale)
    source = home.inbox / "events.ndjson"
    _write_events(source, records)
    bare = {
        name: run(
            "benchmarks.peers", name, str(source), str(folder / f"{name}.parquet")
        )
        for name in PEERS
    }
    ours = run("benchmarks.steps", "load", str(home.path))
    size = f"{records:,} events, {source.stat().st_size / 1e9:.1f} GB"
    for name, measured in bare.items():
        ratio = f"tollbook takes {ours.total / measured.total:.2f} ×"
        yield _row(f"{size}: {name}, bare conversion", measured, ratio)
    yield _row(f"{size}: tollbook, landed", ours, "")
    per_million = _bytes(home.lake) / records
    yield f"lake, per million events: {per_million:.0f} MB", "", "", ""
    shutil.rmtree(home.path)

    home = _home(folder / "litellm")
    _write_litellm(folder / "world", home.inbox, max(1, int(6 * scale)))
    size_mb = _bytes(home.inbox) / 1e6
    ours = run("benchmarks.steps", "load", str(home.path))
    speed = f"{size_mb / ours.total:.0f} MB/s"
    yield _row(f"LiteLLM's log, {size_mb:.0f} MB: tollbook, landed", ours, speed)
    shutil.rmtree(home.path)


def _formats(folder: Path, scale: float) -> Iterator[Row]:
    """Large files of other formats, each against what its lines cost bare."""
    for name, ways in _WAYS.items():
        home = _home(folder / name)
        source = home.inbox / f"{name}.log"
        lines = write(name, source, int(2e9 * scale))
        ours = run("benchmarks.steps", "load", str(home.path))
        size = source.stat().st_size
        what = f"{name}: {lines:,} lines, {size / 1e9:.1f} GB"
        rates = f"{size / 1e6 / ours.total:.0f} MB/s, {lines / ours.total:,.0f} lines/s"
        yield _row(f"{what}: tollbook, landed", ours, rates)
        for way in ways:
            if way == "goaccess" and not shutil.which(way):
                yield f"{what}: goaccess is not installed", "", "", ""
                continue
            bare = run("benchmarks.bare", way, str(source))
            ratio = f"tollbook takes {ours.total / bare.total:.2f} ×"
            yield _row(f"{what}: {way}, bare", bare, ratio)
        shutil.rmtree(home.path)


def _books(folder: Path, scale: float) -> Iterator[Row]:
    """A full build against the script, at two sizes: memory must not follow rows."""
    for records in (int(2_500_000 * scale), int(10_000_000 * scale)):
        home = _home(folder / "books")
        write_directory(home)
        write_days(home, FIRST, 30, records // 30)
        by_hand = run("benchmarks.steps", "script", str(home.path))
        ours = run("benchmarks.steps", "build", str(home.path))
        what = f"{records:,} requests over 30 days"
        yield _row(f"{what}: hand-written script", by_hand, "")
        built = ours.seconds["build"]
        yield _row(
            f"{what}: tollbook build --full",
            Measured({"build": built}, ours.peak_gb),
            f"{built / by_hand.total:.2f} ×; dbt's parse {ours.seconds['parse']:.1f} s",
        )
        _assert_equal(home)
        run("benchmarks.steps", "night", str(home.path))
        millions = records / 1e6
        lake = _bytes(home.lake) / 1e6 / millions
        book = (home.published / "tollbook.duckdb").stat().st_size / 1e6 / millions
        yield (
            f"per million requests: lake {lake:.0f} MB, published {book:.0f} MB",
            "",
            "",
            "",
        )
        shutil.rmtree(home.path)


def _nights(folder: Path, scale: float) -> Iterator[Row]:
    """One new day of 200,000 events on a short and on a long history."""
    records, took = int(200_000 * scale), []
    for days in (30, 360):
        home = _home(folder / f"nights-{days}")
        write_directory(home)
        write_days(home, FIRST, days, records // 4)
        run("benchmarks.steps", "night", str(home.path))
        _write_events(home.inbox / "new.ndjson", records, days)
        took.append(run("benchmarks.steps", "night", str(home.path)))
        shutil.rmtree(home.path)
    for days, night in zip((30, 360), took, strict=True):
        parts = ", ".join(f"{part} {s:.1f}" for part, s in night.seconds.items())
        yield _row(f"{records:,} events on {days} days ({parts})", night, "")
    short, long = (_without_publish(night) for night in took)
    yield "360 days to 30, load + build + tests", "", f"{long / short:.2f} ×", ""


def _without_publish(night: Measured) -> float:
    return night.total - night.seconds["publish"]


def _row(what: str, measured: Measured, ratio: str) -> Row:
    return what, f"{measured.total:.1f} s", ratio, f"{measured.peak_gb:.1f} GB"


def _home(path: Path) -> Home:
    (path / "inbox").mkdir(parents=True)
    return open_home(path)


def _write_events(file: Path, records: int, day: int = 0) -> None:
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"set variable records = {records}")
        con.execute(f"set variable day = date '{FIRST + timedelta(days=day)}'")
        con.execute("set variable file = $file", {"file": str(file)})
        con.execute(_EVENTS.read_text())


def _write_litellm(world: Path, inbox: Path, days: int) -> None:
    for path in write_demo(world, days=days, requests_a_day=40_000):
        if "litellm" in path.relative_to(world).parts:
            with gzip.open(path) as packed, (inbox / path.stem).open("wb") as plain:
                shutil.copyfileobj(packed, plain)
    shutil.rmtree(world)


def _assert_equal(home: Home) -> None:
    """The script made the same rows: else it measures something else."""
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        con.execute(f"attach '{home.build / 'by_hand.duckdb'}' as hand (read_only)")
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() "
            "where database_name = 'hand'"
        ).fetchall()
        for (table,) in tables:
            # Hashes of rows are ours alone.
            names = con.execute(
                "select list(column_name order by column_name) "
                f"from (describe hand.{table})"
            )
            columns = ", ".join(names.fetchall()[0][0])
            totals = [
                con.execute(
                    f"select count(*), sum(cast(hash(each) as hugeint)) "
                    f"from (select {columns} from {place}) as each"
                ).fetchall()
                for place in (table, f"hand.{table}")
            ]
            assert totals[0] == totals[1], f"{table} differs from the script's"


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    versions = f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    return f"{os.cpu_count()} × {model}, {memory:.0f} GB; {versions}"


# Format -> what its lines are measured against.
_WAYS = {
    "litellm": ["json"],
    "access_log": ["goaccess", "regexp"],
    "otlp_genai": ["json"],
    "kong_ai": ["json"],
}
_SUITES = {
    "landing": _landing,
    "formats": _formats,
    "books": _books,
    "nights": _nights,
}


if __name__ == "__main__":
    main()
