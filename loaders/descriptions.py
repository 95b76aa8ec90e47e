"""What clients sent, described: addresses, user agents and paths, which never land.

A projection hands them over as raw columns of `projected`. Here each distinct value is
described once, in a temp table that landing joins on `raw`.
"""

import json
from collections.abc import Mapping

from loaders.agents import describe_agents
from loaders.contract import CLIENT_IP, PATH, USER_AGENT
from loaders.engine import Connection
from loaders.geography import NOWHERE, Geography
from loaders.privacy import address_of, describe_address
from loaders.sql import count_rows

# Temp table -> the raw column that it describes, and with what. What a record itself
# says of `country`, `asn` or any other column but the address's own three, wins.
DESCRIPTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "addresses": (
        CLIENT_IP,
        ("client_ip_hash", "client_net_hash", "ip_family", "country", "asn"),
    ),
    "agents": (USER_AGENT, ("sdk_name", "sdk_version", "runtime", "device_class")),
    "paths": (PATH, ("endpoint", "api_version", "operation")),
}
# The first entry of a list of proxies is within as many characters, or is no address.
_LONGEST_ADDRESS = 256
# Descriptions held for later portions; a hostile log names others in every line.
_MOST_KEPT = 300_000


def describe(
    con: Connection,
    columns: frozenset[str],
    key: bytes,
    geography: Geography = NOWHERE,
) -> None:
    """Fill `addresses`, `agents` and `paths`: one row per distinct raw value.

    Rows of `projected` that are refused are not read. What was described before stays,
    for the next files and portions; null is unknown.

    Args:
        con: From `engine`; holds `projected`.
        columns: What the projection gave.
        key: From `privacy.key_of_lake`.
        geography: Where addresses are.

    Raises:
        SettingsError: A file of the geography is damaged.
    """
    for table, (raw, described) in DESCRIPTIONS.items():
        con.execute(
            f"""
            create temp table if not exists {table} (
                raw varchar, {", ".join(f"{name} varchar" for name in described)}
            )
            """
        )
        if raw not in columns:
            continue
        if count_rows(con, table) > _MOST_KEPT:
            con.execute(f"delete from {table}")
        con.execute(
            f"""
            create or replace temp table distinct_raw as
            select row_number() over () as raw_no, raw
            from (
                select distinct {raw} as raw from projected
                where refused is null and {raw} is not null
            )
            where raw not in (select raw from {table})
            """
        )
        if table == "addresses":
            _describe_addresses(con, key, geography)
        elif table == "agents":
            describe_agents(con)
        else:
            _describe_paths(con)
    con.execute("drop table if exists distinct_raw")


def _describe_addresses(con: Connection, key: bytes, geography: Geography) -> None:
    rows = con.execute(
        "select raw_no, left(raw, $1) from distinct_raw", [_LONGEST_ADDRESS]
    ).fetchall()
    described = [
        (number, *describe_address(key, address), *geography.place_of(address))
        for number, text in rows
        if (address := address_of(text)) is not None
    ]
    # As one text: DuckDB takes a long Python list a hundred times slower.
    con.execute(
        """
        insert into addresses
        select distinct_raw.raw, found[2], found[3], found[4], found[5], found[6]
        from distinct_raw
        left join (select unnest(from_json($1, '[["varchar"]]')) as found)
            on distinct_raw.raw_no = cast(found[1] as bigint)
        """,
        [json.dumps(described)],
    )


def _describe_paths(con: Connection) -> None:
    con.execute(
        """
        insert into paths
        with named as (
            select raw, endpoint_template(raw) as endpoint from distinct_raw
        )
        select
            raw, endpoint, api_version_of(raw, endpoint), operation_of_path(endpoint)
        from named
        """
    )
