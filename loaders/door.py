"""Privacy at the door: no raw person and no credential goes past `projected`."""

from collections.abc import Sequence
from typing import Any

from loaders import privacy
from loaders.contract import CLIENT_IP, Column, Stream
from loaders.descriptions import describe
from loaders.engine import Connection
from loaders.geography import NOWHERE, Geography

# Columns whose text is JSON, and what they hold where not even its form can be kept.
_JSON = frozenset({"tags", "params", "feature_flags"})
_MASKED_WHOLE = '["[masked]"]'
# What clients and exporters fill as they like.
_LABELS = frozenset(
    {
        *_JSON,
        *("trace_id", "idempotency_key", "error_code", "model_requested"),
        *("endpoint", "job_type", "prompt_template_id"),
    }
)


def mask(
    con: Connection, streams: Sequence[Stream], columns: frozenset[str], key: bytes
) -> None:
    """Take people and secrets out of texts that are about something else, in place.

    Values shaped like credentials, e-mail or IP addresses are replaced, in ids by
    something as unique as they were. So are a record's own personal values where a
    client repeats them in its labels, for they need have no shape.

    Fills `masked`: how many values of which row of `projected`.

    Args:
        con: Holds `projected`.
        streams: Its contracts.
        columns: What the projection gave.
        key: From `privacy.key_of_lake`.
    """
    given = _projected(streams, columns)
    free = [
        column.name
        for column in given
        if column.type == "string" and not (column.values or column.personal)
    ]
    personal = [column.name for column in given if column.personal]
    personal += {CLIENT_IP}.intersection(columns)
    labels = [name for name in free if name in _LABELS]
    # One pass over everything finds the few rows that need a closer look.
    repeats = [
        _repeats(raw, f"concat_ws(' ', {', '.join(part)})", is_json)
        for is_json in (True, False)
        if (part := [name for name in labels if (name in _JSON) == is_json])
        for raw in personal
    ]
    con.execute(
        f"""
        create or replace temp table suspects as
        select rowid as row_id, {", ".join([*free, *personal])} from projected
        where regexp_matches(concat_ws(' ', {", ".join(free)}), $1)
            or {" or ".join(repeats) or "false"}
        """,
        [privacy.ANY_SHAPE],
    )
    con.execute("create or replace temp table hits (row_id bigint)")
    pads = privacy.hmac_pads(key)
    for name in _shaped(con, free):
        for shape, replacement in privacy.MASKS:
            if not (shape == privacy.IP and name in privacy.MAY_HOLD_IP):
                _mask_column(con, name, shape, replacement, pads)
    for raw in personal:
        for name in labels:
            _mask_repeated(con, name, raw, pads)
    _put_back(con, free)
    con.execute(
        """
        create or replace temp table masked as
        select row_id, count(*) as value_count from hits group by row_id
        """
    )


def _shaped(con: Connection, free: Sequence[str]) -> list[str]:
    """Columns of the suspects in which any shape occurs."""
    # As rows, for one expression: compiling the shapes takes longer than matching.
    rows = con.execute(
        f"""
        select distinct name
        from (unpivot suspects on {", ".join(free)} into name name value text)
        where regexp_matches(text, $1)
        """,
        [privacy.ANY_SHAPE],
    ).fetchall()
    return sorted(name for (name,) in rows)


def _mask_column(
    con: Connection, name: str, shape: str, mask: str, pads: dict[str, bytes]
) -> None:
    if name.endswith("_id"):
        # Two keys that were logged whole are still two keys.
        changed = f"left($mask, -1) || ':' || {privacy.pseudonym_sql(name)} || ']'"
    else:
        changed, pads = f"regexp_replace({name}, $shape, $mask, 'g')", {}
    is_hit = f"regexp_matches({name}, $shape)"
    _change(con, name, changed, is_hit, {"shape": shape, "mask": mask, **pads})


def _mask_repeated(
    con: Connection, name: str, raw: str, pads: dict[str, bytes]
) -> None:
    """Replace a personal value by its pseudonym in a label of the same record."""
    is_json = name in _JSON
    shape = f"'(?i)' || regexp_escape({_as_written(raw, is_json)})"
    changed = f"regexp_replace({name}, {shape}, {privacy.pseudonym_sql(raw)}, 'g')"
    _change(con, name, changed, _repeats(raw, name, is_json), pads)


def _repeats(raw: str, text: str, is_json: bool) -> str:
    """SQL: a text repeats a personal value, in upper or lower case.

    Short ones occur in any text.
    """
    written = _as_written(raw, is_json)
    return f"length({raw}) >= 5 and contains(lower({text}), lower({written}))"


def _as_written(raw: str, is_json: bool) -> str:
    if not is_json:
        return raw
    return rf"""replace(replace({raw}, '\', '\\'), '"', '\"')"""


def _change(
    con: Connection, name: str, changed: str, is_hit: str, given: dict[str, Any]
) -> None:
    """Change a column of the suspects where it is hit, and note where."""
    used = {key: value for key, value in given.items() if f"${key}" in is_hit}
    (count,) = con.execute(
        f"insert into hits select row_id from suspects where {is_hit}", used
    ).fetchall()[0]
    if count:
        con.execute(f"update suspects set {name} = {changed} where {is_hit}", given)


def _put_back(con: Connection, free: Sequence[str]) -> None:
    for name in _JSON.intersection(free):
        # A mask that took a quote or half an escape along left no JSON.
        con.execute(
            f"""
            update suspects set {name} = $1
            where row_id in (select row_id from hits) and not json_valid({name})
            """,
            [_MASKED_WHOLE],
        )
    changed = ", ".join(f"{name} = suspects.{name}" for name in free)
    con.execute(
        f"""
        update projected set {changed} from suspects
        where projected.rowid = suspects.row_id
        """
    )


def pseudonymise(
    con: Connection,
    streams: Sequence[Stream],
    columns: frozenset[str],
    key: bytes,
    geography: Geography = NOWHERE,
) -> None:
    """Fill `pseudonyms` and `descriptions.DESCRIPTIONS`: once per distinct value.

    Args:
        con: Holds `projected`.
        streams: Its contracts.
        columns: What the projection gave.
        key: From `privacy.key_of_lake`.
        geography: Where addresses are.
    """
    personal = [col.name for col in _projected(streams, columns) if col.personal]
    people = f"unnest([{', '.join(personal)}])" if personal else "null"
    con.execute(
        f"""
        create or replace temp table pseudonyms as
        select value as raw, {privacy.pseudonym_sql("value")} as kept
        from (
            select distinct cast({people} as varchar) as value
            from projected where refused is null
        )
        where value is not null
        """,
        privacy.hmac_pads(key),
    )
    describe(con, columns, key, geography)


def _projected(streams: Sequence[Stream], columns: frozenset[str]) -> list[Column]:
    """Columns of the contracts that the projection gave, each once."""
    found = {column.name: column for stream in streams for column in stream.columns}
    return [column for name, column in found.items() if name in columns]
