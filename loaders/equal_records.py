"""Telling equal records of one file apart where their ids are made of content."""

from loaders.contract import STREAM, Stream
from loaders.engine import Connection
from loaders.load import Package
from loaders.sql import quoted
from loaders.streams import STREAMS


def number_equal_records(
    con: Connection, package: Package, columns: frozenset[str], is_first: bool
) -> None:
    """Give the second of equal records another id, and so on, over all portions.

    Args:
        con: Holds one portion of the package in `projected` and `placed`.
        package: The files.
        columns: What the projection gave.
        is_first: No portion of the package went before.
    """
    if "id_basis" not in columns:
        return
    for name in package.loads[0].format.streams:
        stream = STREAMS[name]
        # The other stream's rows have a column of this name that is no identity.
        is_of = f"and projected.{STREAM} = {quoted(name)}" if STREAM in columns else ""
        _number(con, stream, is_of, is_first)


def _number(con: Connection, stream: Stream, is_of: str, is_first: bool) -> None:
    id_, time, seen = stream.columns[0].name, stream.time_column, f"seen_{stream.name}"
    if is_first:
        con.execute(
            f"create or replace temp table {seen} "
            "(made_at timestamp, id varchar, n bigint)"
        )
    con.execute(
        f"""
        create or replace temp table made as
        select
            projected.rowid as row_id,
            {time} as made_at,
            {id_} as id,
            row_number() over (
                partition by placed.load_id, {id_} order by projected.rowid
            ) as place
        from projected inner join placed on projected.rowid = placed.row_id
        where id_basis = 'content' and refused is null {is_of}
        """
    )
    # Equal records are of one time: of a log in order little is looked up.
    con.execute(
        f"""
        update projected
        set {id_} = made.id || ':' || (made.place + coalesce(earlier.n, 0))
        from made left join (
            select id, sum(n) as n from {seen}
            where made_at between (select min(made_at) from made)
                and (select max(made_at) from made)
            group by id
        ) as earlier on made.id = earlier.id
        where projected.rowid = made.row_id and made.place + coalesce(earlier.n, 0) > 1
        """
    )
    con.execute(
        f"insert into {seen} select min(made_at), id, count(*) from made group by id"
    )
