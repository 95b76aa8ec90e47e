"""Where rows of `projected` come from: which lines, and which loads those are of."""

from collections.abc import Mapping

import duckdb

from loaders.engine import Connection
from loaders.formats import Format
from loaders.load import Package
from loaders.records import Records
from loaders.sql import count_rows


def unfold(con: Connection, format_: Format) -> None:
    """`raw_records`: the lines, or what each of them holds."""
    # What is no JSON is null, in its place.
    record = "case when json_valid(record) then record end"
    given = record if format_.is_json else "record"
    lines = f"select {given} as record, line from portion"
    if format_.unfold is None:
        con.execute(f"create or replace temp view raw_records as {lines}")
        return
    con.execute(
        f"""
        create or replace temp table raw_lines as
        select *, greatest(1, coalesce({format_.held}, 1)) as held from ({lines})
        """
    )
    con.execute(f"create or replace temp table unfolded as {format_.unfold}")
    found = con.execute("select sum(held) from raw_lines").fetchall()[0][0]
    if (found or 0) != count_rows(con, "unfolded"):
        raise duckdb.DataError("records were lost")
    con.execute(
        "create or replace temp view raw_records as select record from unfolded"
    )


def held(con: Connection, package: Package) -> Mapping[str, int]:
    """Records by load, counted apart from what cut them out of their lines."""
    if package.loads[0].format.unfold is None:
        return {}
    rows = con.execute(
        """
        select load_id, sum(held)
        from raw_lines
        inner join (select distinct line, load_id from placed) using (line)
        group by load_id
        """
    ).fetchall()
    return dict(rows)


def place(con: Connection, package: Package, records: Records, first: int) -> None:
    """Fill `placed`: of which load a record is, and which one of it.

    Apart from `projected`, for whose width an inequality join would be sorted.

    Args:
        con: Holds `projected`.
        package: The files.
        records: How many records were placed before.
        first: The first line of the portion.
    """
    filled = [load for load in package.loads if load.source.line_count]
    lines = f"select rowid as row_id, rowid + {first} as line from projected"
    record_no = "rows.line - loads.first + 1"
    if package.loads[0].format.unfold is not None:
        lines = "select rowid as row_id, line from unfolded"
        record_no = (
            f"{records.held} + row_number() over (partition by load_id order by row_id)"
        )
    con.execute(
        f"""
        create or replace temp table placed as
        with loads as (
            select
                unnest($ids::varchar[]) as load_id,
                unnest($firsts::bigint[]) as first
        )
        select rows.row_id, rows.line, loads.load_id, {record_no} as record_no
        from ({lines}) as rows
        asof join loads on rows.line >= loads.first
        """,
        {
            "ids": [load.id for load in filled],
            "firsts": [load.first for load in filled],
        },
    )
