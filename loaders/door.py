"""Privacy at the door: no raw person and no credential goes past `projected`."""

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
    values = _distinct(con, f"unnest([{', '.join(personal)}])") if personal else []
    con.execute(
        """
        create or replace temp table pseudonyms as
        select unnest($raw::varchar[]) as raw, unnest($kept::varchar[]) as kept
        """,
        {"raw": values, "kept": [privacy.pseudonym(key, value) for value in values]},
    )
    addresses = _distinct(con, CLIENT_IP) if CLIENT_IP in columns else []
    described = [privacy.describe_ip(key, address) for address in addresses]
    con.execute(
        """
        create or replace temp table addresses as
        select
            unnest($raw::varchar[]) as raw,
            unnest($ip::varchar[]) as client_ip_hash,
            unnest($net::varchar[]) as client_net_hash,
            unnest($family::varchar[]) as ip_family
        """,
        {
            "raw": addresses,
            "ip": [ip for ip, _, _ in described],
            "net": [net for _, net, _ in described],
            "family": [family for _, _, family in described],
        },
    )


def _projected(streams: Sequence[Stream], columns: frozenset[str]) -> list[Column]:
    """Columns of the contracts that the projection gave, each once."""
    found = {column.name: column for stream in streams for column in stream.columns}
    return [column for name, column in found.items() if name in columns]


def _distinct(con: Connection, expression: str) -> list[str]:
    rows = con.execute(
        f"""
        with found as (
            select distinct {expression} as value from projected where refused is null
        )
        select value from found where value is not null
        """
    ).fetchall()
    return [value for (value,) in rows]
