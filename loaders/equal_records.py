"""Telling equal records of one file apart where their ids are made of content."""

from loaders.contract import STREAM, Stream
from loaders.engine import Connection
from loaders.load import Package
from loaders.sql import quoted
from loaders.streams import STREAMS


def number_equal_records(
    con: Connection,
    package: Package,
    columns: frozenset[str],
    is_first: bool,
    is_last: bool,
) -> None:
    """Give the second of equal records another id, and so on, over all portions.

    Args:
        con: Holds one portion of the package in `projected` and `placed`.
        package: The files.
        columns: What the projection gave.
        is_first: No portion of the package went before.
        is_last: None follows.
    """
    if "id_basis" not in columns:
        return
    for name in package.loads[0].format.streams:
        stream = STREAMS[name]
        # The other stream's rows have a column of this name that is no identity.
        is_of = f"and projected.{STREAM} = {quoted(name)}" if STREAM in columns else ""
        _number(con, stream, is_of, is_first, is_last)


def _number(
    con: Connection, stream: Stream, is_of: str, is_first: bool, is_last: bool
) -> None:
    id_, time, seen = stream.columns[0].name, stream.time_column, f"seen_{stream.name}"
    if is_first:
        con.execute(
            f"create or replace temp table {seen} "
            "(made_at timestamp, id varchar, n bigint)"
        )
    con.execute(
        f"""
        create or replace temp table made as
        select placed.load_id, {id_} as id, min({time}) as made_at, count(*) as n
        from projected inner join placed on projected.rowid = placed.row_id
        where id_basis = 'content' and refused is null {is_of}
        group by placed.load_id, {id_}
        """
    )
    # Equal records are of one time: of a log in order little is looked up.
    con.execute(
        f"""
        update projected set {id_} = numbered.id || ':' || numbered.place
        from (
            with earlier as (
                select id, sum(n) as n from {seen}
                where made_at between (select min(made_at) from made)
                    and (select max(made_at) from made)
                group by id
            ),

            repeated as (
                select made.load_id, made.id, coalesce(earlier.n, 0) as before
                from made left join earlier on made.id = earlier.id
                where made.n > 1 or earlier.n is not null
            )

            select
                projected.rowid as row_id,
                repeated.id,
                before + row_number() over (
                    partition by repeated.load_id, repeated.id order by projected.rowid
                ) as place
            from projected
            inner join placed on projected.rowid = placed.row_id
            inner join repeated
                on placed.load_id = repeated.load_id and projected.{id_} = repeated.id
        ) as numbered
        where projected.rowid = numbered.row_id and numbered.place > 1
        """
    )
    if not is_last:
        con.execute(f"insert into {seen} select made_at, id, n from made")
