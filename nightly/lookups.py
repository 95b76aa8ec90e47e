"""Dated lookups: which days change when what was valid then changes.

The books remember, inside the build file, each lookup as they were built with it. A
correction with a past `valid_from` is found by comparing; the days are those on which
the books have rows of the changed things within the changed ranges.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from nightly.database import opened

_SCHEMA = "night"
_AREA = "consumers"


@dataclass(frozen=True)
class Lookup:
    """A table of versions that models by day read as of a moment.

    Attributes:
        table: In the marts, with `valid_from` and `valid_before`.
        id: Its id, a column of `hours` under the same name.
        hours: SQL of what the books hold: `hour_started_at`, `event_date` and ids.
        part: The second column of an id that has two; null in a version is any.
    """

    table: str
    id: str
    hours: str
    part: str | None = None


def _owner(table: str, id_: str) -> Lookup:
    """Of whom an attempt is; what does not count is in no sum by hour."""
    hours = f"""
        select hour_started_at, event_date, {id_} from usage.agg_usage_hourly
        union all
        select date_trunc('hour', requested_at), event_date, {id_}
        from usage.fct_attempts where not is_counted
    """
    return Lookup(table, id_, hours)


# Every one that an attempt is joined with; a test holds the list against the models.
OWNERS = (
    _owner("dim_api_keys", "api_key_id"),
    _owner("dim_applications", "application_id"),
    _owner("dim_projects", "project_id"),
    _owner("dim_teams", "team_id"),
    _owner("dim_developers", "developer_id"),
    _owner("dim_organizations", "organization_id"),
)
# Copies too: another one of them may be the one that counts.
_RECORDS = """
    select date_trunc('hour', requested_at) as hour_started_at, event_date,
        gateway, environment
    from usage.fct_attempts
    union all
    select date_trunc('hour', requested_at), event_date, gateway, environment
    from intermediate.int_requests_superseded
"""
SOURCES = (Lookup("dim_sources", "gateway", _RECORDS, part="environment"),)
LOOKUPS = (*OWNERS, *SOURCES)


def remember_lookups(con: duckdb.DuckDBPyConnection) -> None:
    """Keep the lookups as they are, beside the books that were built with them."""
    built = _tables(con, _AREA)
    for lookup in LOOKUPS:
        if lookup.table in built:
            con.execute(
                f"create or replace table {_SCHEMA}.{lookup.table} as "
                f"from {_AREA}.{lookup.table}"
            )


def days_of_changed_lookups(warehouse: Path, lookups: Iterable[Lookup]) -> set[date]:
    """Days that the books have built with versions that hold no longer.

    An owner is found level by level. Where one changes, the first level at which it
    does has the same id in the old books and the new, so looking for the ids of the old
    books finds every row.

    Args:
        warehouse: With the lookups as they are now, and the books as they were.
        lookups: Which of them to compare.
    """
    days: set[date] = set()
    with opened(warehouse) as con:
        remembered = _tables(con, _SCHEMA)
        for lookup in lookups:
            if lookup.table not in remembered:
                con.execute(
                    f"create table {_SCHEMA}.{lookup.table} as "
                    f"from {_AREA}.{lookup.table} limit 0"
                )
            days |= {day for (day,) in con.execute(_changed(lookup)).fetchall()}
    return days


def _changed(lookup: Lookup) -> str:
    """SQL of the days whose rows lie where old and new versions differ.

    Versions are cut at every moment at which either side begins or ends one, so that a
    version that merely ends earlier changes nothing before its end.
    """
    part = lookup.part or "null::varchar"
    is_of_part = f"changed.id.part = hours.{part}" if lookup.part else "true"
    versions = f"""
        select {{id: {lookup.id}, part: {part}}} as id, valid_from, valid_before,
            row(*columns(* exclude (valid_from, valid_before))) as version
    """
    return f"""
        with before as materialized ({versions} from {_SCHEMA}.{lookup.table}),
        after as materialized ({versions} from {_AREA}.{lookup.table}),
        differing as (
            (from before except from after) union all (from after except from before)
        ),
        moments as (
            select id, valid_from as moment from differing
            union
            select id, valid_before from differing
        ),
        pieces as (
            select id, moment as valid_from,
                lead(moment) over (partition by id order by moment) as valid_before
            from moments
        ),
        changed as materialized (
            select pieces.*
            from pieces
            left join before on pieces.id = before.id
                and pieces.valid_from >= before.valid_from
                and pieces.valid_from < before.valid_before
            left join after on pieces.id = after.id
                and pieces.valid_from >= after.valid_from
                and pieces.valid_from < after.valid_before
            where before.version is distinct from after.version
        )
        select distinct hours.event_date
        from ({lookup.hours}) as hours
        inner join changed on hours.{lookup.id} = changed.id.id
            and (changed.id.part is null or {is_of_part})
            and hours.hour_started_at < changed.valid_before
            and hours.hour_started_at + interval 1 hour > changed.valid_from
    """


def _tables(con: duckdb.DuckDBPyConnection, schema: str) -> set[str]:
    found = con.execute(
        "select table_name from duckdb_tables() where schema_name = $1", [schema]
    ).fetchall()
    return {table for (table,) in found}
