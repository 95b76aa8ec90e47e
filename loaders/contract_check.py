"""The contract as SQL: which promise a projected row breaks, and what becomes of it.

A row that breaks an essential one is refused. Any other value that is no good becomes
null, and is counted.
"""

from collections.abc import Mapping

from loaders.contract import (
    LATEST_TIME,
    MAX_TEXT_BYTES,
    MOST,
    MOST_USD,
    STREAM,
    UNREAD,
    Column,
    Stream,
)
from loaders.formats import Format
from loaders.sql import quoted
from loaders.streams import STREAMS


def checked(format_: Format, projected: frozenset[str]) -> str:
    """SQL: the select list that makes `projected` of a projection's columns.

    Gives the columns, `refused` (null, or the first broken promise as `reason:field`)
    and `unread_count`: values that are there and that nobody could read.
    """
    bad = _no_good(format_, projected)
    changed = {
        name: f"case when not ({sql}) then {name} end" for name, sql in bad.items()
    }
    # An id is some thing's name however long it is.
    changed |= {
        name: f"case when {_is_long(name)} then '[long:' || md5({name}) || ']' "
        f"else {name} end"
        for name in _ids(format_, projected)
    }
    named = ", ".join(f"{sql} as {name}" for name, sql in changed.items())
    replaced = f"replace ({named})" if named else ""
    counts = [f"coalesce(cast({sql} as int), 0)" for sql in bad.values()]
    unread = " + ".join(counts or ["0"])
    told = f" + {UNREAD}" if UNREAD in projected else ""
    apart = ", ".join(sorted(projected & {UNREAD, "ignored"} | {"reject"}))
    ignored = "'ignored:' || ignored, " if "ignored" in projected else ""
    return f"""
        * exclude ({apart}) {replaced},
        coalesce({ignored}reject, {contract_check(format_, projected)}) as refused,
        {unread}{told} as unread_count
    """


def contract_check(format_: Format, projected: frozenset[str]) -> str:
    """SQL: the first essential promise that a row breaks, as `reason:field`."""
    checks = {name: _stream_check(STREAMS[name], projected) for name in format_.streams}
    if STREAM not in projected:
        return checks[format_.stream]
    cases = (f"when {quoted(name)} then {check}" for name, check in checks.items())
    return f"case {STREAM} {' '.join(cases)} end"


def _no_good(format_: Format, projected: frozenset[str]) -> Mapping[str, str]:
    """Column -> SQL that is true where its value must become null."""
    found: dict[str, str] = {}
    essential: set[str] = set()
    for stream in (STREAMS[name] for name in format_.streams):
        for column in stream.columns:
            wrong = [condition for condition, _ in _wrong(column, stream)]
            if stream.is_essential(column):
                essential.add(column.name)
            elif wrong and column.name in projected:
                found[column.name] = " or ".join(wrong)
    return {name: sql for name, sql in found.items() if name not in essential}


def _ids(format_: Format, projected: frozenset[str]) -> list[str]:
    streams = (STREAMS[name] for name in format_.streams)
    columns = {column.name: column for stream in streams for column in stream.columns}
    return [
        name for name, column in columns.items() if _is_id(column) & (name in projected)
    ]


def _stream_check(stream: Stream, projected: frozenset[str]) -> str:
    missing, wrong = [], []
    for column in stream.columns:
        if column.name in projected and stream.is_essential(column):
            wrong += [
                f"when {condition} then '{reason}:{column.name}'"
                for condition, reason in _wrong(column, stream)
            ]
        if column.is_required and column.name not in stream.added_by_landing:
            given = column.name if column.name in projected else "null"
            missing.append(f"when {given} is null then 'missing:{column.name}'")
    return "case " + " ".join([*missing, *wrong]) + " end"


def _wrong(column: Column, stream: Stream) -> list[tuple[str, str]]:
    """(SQL that is true where the value is no good, its reason)."""
    name = column.name
    if column.values:
        allowed = ", ".join(quoted(value) for value in column.values)
        return [(f"{name} not in ({allowed})", "unknown_value")]
    if column.type == "bigint":
        return [(f"{name} < 0", "negative"), (f"{name} > {MOST}", "too_large")]
    if column.type == "timestamp":
        early, late = f"{name} < '{stream.earliest_time}'", f"{name} >= '{LATEST_TIME}'"
        return [(f"{early} or {late}", "time_out_of_range")]
    if name == "price":
        return [("price < 0", "negative")]
    if name == "clause_text":
        is_pattern = "try(regexp_matches('', clause_text)) is not null"
        return [
            (f"clause_kind like '%regex' and not ({is_pattern})", "not_a_pattern"),
            (_is_long(name), "too_long"),
        ]
    if name.endswith("_usd"):
        return [(f"abs({name}) > {MOST_USD}", "too_large")]
    if column.type == "string" and not (_is_id(column) or column.personal):
        return [(_is_long(name), "too_long")]
    return []


def _is_id(column: Column) -> bool:
    return column.name.endswith("_id") and not column.personal


def _is_long(name: str) -> str:
    return f"strlen({name}) > {MAX_TEXT_BYTES}"
