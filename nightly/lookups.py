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


@dataclass(frozen=True)
class Lookup:
    """A table that models by day read and that has no day.

    Attributes:
        schema: Of the table.
        table: With `valid_from` and `valid_before`, where it is dated.
        keys: What a version is a version of.
        rows: SQL of what the books hold: `hour_started_at`, `event_date` and ids.
        meets: SQL of whether one of `rows` is of what changed, `changed.id.<key>`.
        is_dated: What is not holds at any time.
        span: How long one of `rows` lasts.
    """

    schema: str
    table: str
    keys: tuple[str, ...]
    rows: str
    meets: str
    is_dated: bool = True
    span: str = "interval 1 hour"


def _owner(table: str, id_: str) -> Lookup:
    """Of whom an attempt is; what does not count is in no sum by hour."""
    rows = f"""
        select hour_started_at, event_date, {id_} from usage.agg_usage_hourly
        union all
        select date_trunc('hour', requested_at), event_date, {id_}
        from usage.fct_attempts where not is_counted
    """
    return Lookup("consumers", table, (id_,), rows, f"rows.{id_} = changed.id.{id_}")


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
_OF_SOURCE = """
    rows.gateway = changed.id.gateway
    and (changed.id.environment is null or rows.environment = changed.id.environment)
"""
SOURCES = (
    Lookup(
        "consumers", "dim_sources", ("gateway", "environment"), _RECORDS, _OF_SOURCE
    ),
)
_USED = """
    select distinct cast(event_date as timestamp) as hour_started_at, event_date,
        provider_id, price_provider_id, price_model_id, model_name
    from intermediate.int_usage_daily
"""
_OF_MODEL = """
    rows.price_provider_id = changed.id.provider_id
    and rows.price_model_id = changed.id.model_id
"""
# A clause of a model reaches its provider's names, those that nobody knew, and those
# that are found in another provider's list; any other clause reaches everything.
_OF_PROVIDER = """
    changed.id.clause_of <> 'model' or rows.provider_id = changed.id.provider_id
    or rows.price_model_id is null or rows.price_provider_id <> rows.provider_id
"""
_CLAUSE = (
    "provider_id", "clause_of", "rank_no", "names", "alternative_no", "clause_kind",
    "clause_text",
)  # fmt: skip
_BAND = ("provider_id", "model_id", "context_tier_tokens", "day_part_start_minute")
# What a request is called and which tiers it lies in; decided per request.
NAMES = (
    Lookup(
        "intermediate", "int_price_clauses", _CLAUSE, _USED, _OF_PROVIDER,
        is_dated=False,
    ),
    Lookup(
        "intermediate", "int_price_bands", _BAND, _USED, _OF_MODEL, is_dated=False
    ),
)  # fmt: skip
# What a day's lines cost.
PRICES = (
    Lookup(
        "intermediate", "int_prices_banded",
        (*_BAND, "token_class", "processing_tier"), _USED, _OF_MODEL,
        span="interval 1 day",
    ),
    Lookup(
        "intermediate", "int_price_overrides_known",
        ("provider_id", "model_id", "token_class", "processing_tier", "gateway"), _USED,
        """
        rows.provider_id = changed.id.provider_id and (
            changed.id.model_id is null
            or changed.id.model_id in (rows.price_model_id, rows.model_name)
        )
        """,
        span="interval 1 day",
    ),
)  # fmt: skip
LOOKUPS = (*OWNERS, *SOURCES, *NAMES, *PRICES)


def remember_lookups(con: duckdb.DuckDBPyConnection) -> None:
    """Keep the lookups as they are, beside the books that were built with them."""
    for lookup in LOOKUPS:
        if lookup.table in _tables(con, lookup.schema):
            con.execute(
                f"create or replace table {_SCHEMA}.{lookup.table} as "
                f"from {lookup.schema}.{lookup.table}"
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
                    f"from {lookup.schema}.{lookup.table} limit 0"
                )
            days |= {day for (day,) in con.execute(_changed(lookup)).fetchall()}
    return days


def _changed(lookup: Lookup) -> str:
    """SQL of the days whose rows lie where old and new versions differ.

    Versions are cut at every moment at which either side begins or ends one, so that a
    version that merely ends earlier changes nothing before its end.
    """
    ids = ", ".join(f"{key}: {key}" for key in lookup.keys)
    dated = "valid_from, valid_before"
    at_any_time = "timestamp '0001-01-01' as valid_from, timestamp '9999-12-31'"
    versions = f"""
        select {{{ids}}} as id,
            {dated if lookup.is_dated else f"{at_any_time} as valid_before"},
            row(*columns(* exclude ({dated if lookup.is_dated else lookup.keys[0]})))
            as version
    """
    return f"""
        with before as materialized ({versions} from {_SCHEMA}.{lookup.table}),
        after as materialized ({versions} from {lookup.schema}.{lookup.table}),
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
        select distinct rows.event_date
        from ({lookup.rows}) as rows
        inner join changed on ({lookup.meets})
            and rows.hour_started_at < changed.valid_before
            and rows.hour_started_at + {lookup.span} > changed.valid_from
    """


def _tables(con: duckdb.DuckDBPyConnection, schema: str) -> set[str]:
    found = con.execute(
        "select table_name from duckdb_tables() where schema_name = $1", [schema]
    ).fetchall()
    return {table for (table,) in found}
