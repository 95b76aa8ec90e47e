"""What is true of the demo world: for tests, beside the vendors' files."""

from collections.abc import Iterator
from pathlib import Path

import duckdb

from loaders.demo.directory import TABLES
from loaders.sql import quoted

# Table -> its order. Each has a view `block_<table>` in truth.sql.
_OF_BLOCKS = {
    "attempts": "requested_at, request_id",
    "product_events": "occurred_at, event_id",
    "files": "path, kind",
    "faults": "all",
}


def add_block(con: duckdb.DuckDBPyConnection) -> None:
    """Keep what is true of the days just drawn."""
    for name in _OF_BLOCKS:
        con.execute(
            f"""
            create table if not exists true_{name} as from block_{name} limit 0;
            insert into true_{name} from block_{name};
            """
        )


def write_truth(con: duckdb.DuckDBPyConnection, folder: Path) -> Iterator[Path]:
    """Write one Parquet file a table; same world, same bytes.

    Args:
        con: Has the company, and what `add_block` kept.
        folder: For the files.

    Yields:
        Each file, once it is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Several threads would cut the row groups elsewhere each time.
    con.execute("set threads = 1")
    for name, order in _OF_BLOCKS.items():
        yield _write(con, f"from true_{name} order by {order}", folder, name)
    for name in ("logical_requests", "personal", "incidents"):
        yield _write(con, f"from true_{name} order by all", folder, name)
    directory = " union all ".join(
        f"select '{table}' as table_name, cast(to_json(t) as varchar) as version, "
        f"valid_from, is_deleted, recorded_at from directory_{table} as t"
        for table in (*TABLES, "projects_moved")
    )
    yield _write(con, f"{directory} order by all", folder, "directory")


def _write(con: duckdb.DuckDBPyConnection, query: str, folder: Path, name: str) -> Path:
    path = folder / f"{name}.parquet"
    beside = path.with_suffix(".new")
    con.execute(
        f"copy ({query}) to {quoted(beside)} (format parquet, compression zstd)"
    )
    return beside.rename(path)
