"""The contract as SQL: which promise a projected row breaks."""

from loaders.contract import (
    LATEST_TIME,
    MAX_TEXT_BYTES,
    MOST,
    MOST_USD,
    STREAM,
    Column,
    Stream,
)
from loaders.formats import Format
from loaders.sql import quoted
from loaders.streams import STREAMS


def contract_check(format_: Format, projected: frozenset[str]) -> str:
    """SQL: the first promise of its stream that a row breaks, as `reason:field`."""
    checks = {name: _stream_check(STREAMS[name], projected) for name in format_.streams}
    if STREAM not in projected:
        return checks[format_.stream]
    cases = (f"when {quoted(name)} then {check}" for name, check in checks.items())
    return f"case {STREAM} {' '.join(cases)} end"


def _stream_check(stream: Stream, projected: frozenset[str]) -> str:
    missing, wrong = [], []
    for column in stream.columns:
        if column.name in projected:
            wrong += _wrong(column, stream)
        if column.is_required and column.name not in stream.added_by_landing:
            given = column.name if column.name in projected else "null"
            missing.append(f"when {given} is null then 'missing:{column.name}'")
    return "case " + " ".join([*missing, *wrong]) + " end"


def _wrong(column: Column, stream: Stream) -> list[str]:
    name = column.name
    if column.values:
        allowed = ", ".join(quoted(value) for value in column.values)
        return [f"when {name} not in ({allowed}) then 'unknown_value:{name}'"]
    if column.type == "bigint":
        return [
            f"when {name} < 0 then 'negative:{name}'",
            f"when {name} > {MOST} then 'too_large:{name}'",
        ]
    if column.type == "timestamp":
        return [
            f"when {name} < '{stream.earliest_time}' or {name} >= '{LATEST_TIME}' "
            f"then 'time_out_of_range:{name}'"
        ]
    if column.name.endswith("_usd"):
        return [f"when abs({name}) > {MOST_USD} then 'too_large:{name}'"]
    if column.type == "string":
        return [f"when strlen({name}) > {MAX_TEXT_BYTES} then 'too_long:{name}'"]
    return []
