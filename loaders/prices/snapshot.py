"""What the installed genai-prices says that no earlier one said, as files to land.

`<home>/prices/` keeps what each version of the library, and each reading of it, brought
and took back. Nothing is written twice, so that a price's file says since when it is
known.
"""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path

import duckdb
import pyarrow as pa

from loaders.contract import Stream, duckdb_type
from loaders.home import Home
from loaders.prices.library import SOURCE, Row, price_rows
from loaders.prices.names import name_rows
from loaders.prices.streams import PRICE_BOOK, PRICE_MODELS
from loaders.sql import count_rows, quoted

# What one price is of; the rest of a row is what is known of it.
_PRICE_KEY = """
    provider_id, model_id, token_class, processing_tier, context_tier_tokens,
    day_part_start_minute, coalesce(geography, ''), valid_from
"""
_OF_PROVENANCE = "source, source_version, observed_at"
_LATER = _OF_PROVENANCE.split(", ")
# What differs from the last thing known of each price, and what is no longer said.
_NEW_PRICES = f"""
    with known as (
        from earlier
        qualify row_number() over (
            partition by {_PRICE_KEY} order by observed_at desc
        ) = 1
    ),
    held as (
        select * exclude (is_withdrawn, {_OF_PROVENANCE}) from known
        where not is_withdrawn
    )
    select *, false as is_withdrawn from (from said except from held)
    union all
    select * replace (null as price, null as price_key), true as is_withdrawn
    from held
    where ({_PRICE_KEY}) not in (select ({_PRICE_KEY}) from said)
"""
# All of them again where one differs: they hold together.
_NEW_NAMES = f"""
    with held as (
        select * exclude ({_OF_PROVENANCE}) from earlier
        where observed_at = (select max(observed_at) from earlier)
    )
    from said
    where exists (from said except from held) or exists (from held except from said)
"""


def write_new_prices(home: Home, observed_at: datetime | None = None) -> list[Path]:
    """Write what the installed library says and no file of the home says yet.

    Args:
        home: The installation; its `prices/` is written.
        observed_at: When this is known, UTC; now, if not given.

    Returns:
        The files written; none where nothing is new.
    """
    from genai_prices.data import providers

    folder, known = home.prices, version(SOURCE)
    folder.mkdir(parents=True, exist_ok=True)
    moment = (observed_at or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    provenance = (SOURCE, known, moment)
    told = (
        (PRICE_MODELS, name_rows(providers), _NEW_NAMES),
        (PRICE_BOOK, price_rows(providers), _NEW_PRICES),
    )
    with duckdb.connect() as con:
        written = [
            _write(con, folder, stream, list(rows), news, provenance)
            for stream, rows, news in told
        ]
    return [path for path in written if path is not None]


def _write(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    stream: Stream,
    rows: list[Row],
    news: str,
    provenance: tuple[str, str, datetime],
) -> Path | None:
    columns = {
        column.name: duckdb_type(column.type)
        for column in stream.columns
        if column.name not in stream.added_by_landing
    }
    own = [name for name in columns if name not in (*_LATER, "is_withdrawn")]
    typed = ", ".join(f"cast({name} as {columns[name]}) as {name}" for name in own)
    read = pa.Table.from_pylist(rows)
    con.register("read", read)
    con.execute(f"create or replace temp table said as select {typed} from read")
    files = sorted(str(path) for path in folder.glob(f"{stream.name}-*.csv"))
    con.execute(
        f"create or replace temp table earlier as from {_earlier(files, columns)}"
    )
    con.execute(f"create or replace temp table news as select * from ({news})")
    if count_rows(con, "news") == 0:
        return None
    path = _unused(folder, f"{stream.name}-{SOURCE}-{provenance[1]}")
    beside = path.with_suffix(".new")
    con.execute(
        f"""
        copy (
            select *, $source as source, $version as source_version,
                $observed_at as observed_at
            from news order by all
        ) to {quoted(beside)} (format csv, header)
        """,
        dict(zip(("source", "version", "observed_at"), provenance, strict=True)),
    )
    os.replace(beside, path)
    return path


def _earlier(files: list[str], columns: Mapping[str, str]) -> str:
    """What earlier versions said: SQL of a relation."""
    if not files:
        nothing = ", ".join(
            f"cast(null as {t}) as {name}" for name, t in columns.items()
        )
        return f"(select {nothing} limit 0)"
    listed = ", ".join(quoted(file) for file in files)
    types = ", ".join(f"{quoted(name)}: {quoted(t)}" for name, t in columns.items())
    return f"read_csv([{listed}], header = true, columns = {{{types}}})"


def _unused(folder: Path, name: str) -> Path:
    """Another reading of the same version is another file."""
    path = folder / f"{name}.csv"
    numbers = count(2)
    while path.exists():
        path = folder / f"{name}_{next(numbers)}.csv"
    return path
