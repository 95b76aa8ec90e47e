"""Privacy at the door: no raw person and no credential goes past `projected`."""

import json
from collections.abc import Sequence

from loaders import privacy
from loaders.contract import CLIENT_IP, Column, Stream
from loaders.projection import Connection


def mask(con: Connection, streams: Sequence[Stream], columns: frozenset[str]) -> None:
    """Replace values shaped like credentials, e-mail or IP addresses, in place.

    Fills `masked`: how many values of which row of `projected`.

    Args:
        con: Holds `projected`.
        streams: Its contracts.
        columns: What the projection gave.
    """
    free = [
        column.name
        for column in _projected(streams, columns)
        if column.type == "string" and not (column.values or column.personal)
    ]
    con.execute("create or replace temp table hits (row_id bigint)")
    # One pass over everything first: nearly every file is clean.
    everything = f"concat_ws(' ', {', '.join(free)})"
    suspects = con.execute(
        f"select count(*) from projected where regexp_matches({everything}, $1)",
        ["|".join(shape for shape, _ in privacy.MASKS)],
    ).fetchall()[0][0]
    for shape, replacement in privacy.MASKS if suspects else ():
        for name in free:
            if not (shape == privacy.IP and name in privacy.MAY_HOLD_IP):
                _mask_column(con, name, shape, replacement)
    con.execute(
        """
        create or replace temp table masked as
        select row_id, count(*) as value_count from hits group by row_id
        """
    )


def _mask_column(con: Connection, name: str, shape: str, replacement: str) -> None:
    con.execute(
        f"""
        insert into hits
        select rowid from projected where regexp_matches({name}, $1)
        """,
        [shape],
    )
    con.execute(
        f"""
        update projected set {name} = regexp_replace({name}, $1, $2, 'g')
        where regexp_matches({name}, $1)
        """,
        [shape, replacement],
    )


def pseudonymise(
    con: Connection, streams: Sequence[Stream], columns: frozenset[str], key: bytes
) -> None:
    """Fill `pseudonyms` and `addresses`: once per distinct value, not once per row.

    Args:
        con: Holds `projected`.
        streams: Its contracts.
        columns: What the projection gave.
        key: From `privacy.pseudonym_key`.
    """
    personal = [col.name for col in _projected(streams, columns) if col.personal]
    people = _distinct(f"unnest([{', '.join(personal)}])" if personal else "null")
    con.execute(
        f"""
        create or replace temp table pseudonyms as
        select value as raw, {privacy.PSEUDONYM_SQL} as kept from ({people})
        """,
        privacy.hmac_pads(key),
    )
    has_ip = CLIENT_IP in columns
    rows = con.execute(_distinct(CLIENT_IP if has_ip else "null")).fetchall()
    described = [(raw, *privacy.describe_ip(key, raw)) for (raw,) in rows]
    # As one text: DuckDB takes a long Python list a hundred times slower.
    con.execute(
        """
        create or replace temp table addresses as
        select
            address[1] as raw, address[2] as client_ip_hash,
            address[3] as client_net_hash, address[4] as ip_family
        from (select unnest(from_json($1, '[["VARCHAR"]]')) as address)
        """,
        [json.dumps(described)],
    )


def _projected(streams: Sequence[Stream], columns: frozenset[str]) -> list[Column]:
    """Columns of the contracts that the projection gave, each once."""
    found = {column.name: column for stream in streams for column in stream.columns}
    return [column for name, column in found.items() if name in columns]


def _distinct(expression: str) -> str:
    return f"""
        select value from (
            select distinct cast({expression} as varchar) as value
            from projected where refused is null
        ) where value is not null
    """
