"""The words in which a format says what a record holds, and how each is read.

A format gives texts under some of `WORDS`; here each is read as its type, or refused by
name, and `call.sql` makes the columns of `gateway_requests` of them.
"""

from collections.abc import Mapping, Set
from pathlib import Path

from loaders.contract import duckdb_type
from loaders.engine import Connection
from loaders.streams import GATEWAY_REQUESTS

_CALL = Path(__file__).with_name("call.sql")
_CALL_USAGE = Path(__file__).with_name("call_usage.sql")
_TEXT, _COUNT, _FLAG = "known({})", "whole_number({})", "boolean_of({})"
# Two raw values that landing describes: endpoint, api_version; sdk_name and its like.
_DESCRIBED = ("client_ip", "path", "user_agent")
_TOKENS = (
    *("input_tokens", "cache_read_tokens", "cache_write_tokens"),
    *("cache_write_5m_tokens", "cache_write_1h_tokens", "output_tokens"),
    *("reasoning_tokens", "audio_input_tokens", "audio_output_tokens"),
    *("image_input_tokens", "total_tokens", "web_search_calls", "image_units"),
)
# Columns that no record says: landing and call.sql work them out, or leave them null.
_UNSAID = {
    *("id_basis", "gateway", "source_format", "load_id", "record_no"),
    *("client_ip_hash", "client_net_hash", "ip_family", "runtime", "device_class"),
    *("feature_flags", "prediction_confidence", "feedback_score"),
}
_US = {
    "us": "us_of_us({})",
    "ms": "us_of_ms({})",
    "s": "us_of_s({})",
    "ns": "us_of_ns({})",
}

Words = Mapping[str, tuple[tuple[str, str], ...]]


def _words() -> Words:
    """Column of `given` -> the words that say it, and how each is read."""
    words: dict[str, tuple[tuple[str, str], ...]] = {}
    for column in GATEWAY_REQUESTS.columns:
        if column.name in _UNSAID:
            continue
        reading = {"bigint": _COUNT, "boolean": _FLAG}.get(column.type, _TEXT)
        words[column.name] = ((column.name, reading),)
    for name in _DESCRIBED:
        words[name] = ((name, _TEXT),)
    # An address in brackets is no list.
    words["client_ip"] = (("client_ip", "nullif({}, '')"),)
    for name in _TOKENS:
        words[name] = ((name, _COUNT),)
    for name in ("completed_at", "client_sent_at", "source_updated_at"):
        words[name] = ((name, "instant({}, $timezone)"),)
    words["requested_at"] = (
        ("requested_at", "instant({}, $timezone)"),
        ("requested_at_ms", "instant_of_ms({})"),
        ("requested_at_ns", "instant_of_ns({})"),
    )
    for name in ("request_duration", "upstream", "queue", "gateway", "ttft"):
        words[f"{name}_us"] = tuple(
            (f"{name}_{unit}", sql) for unit, sql in _US.items()
        )
    words["logged_cost_usd"] = (("logged_cost_usd", "money({})"),)
    return words


WORDS = _words()
# As they are: no text that could be misread.
_PLAIN = {
    "usage": "varchar",
    "is_cache_on_top": "boolean",
    "is_reasoning_on_top": "boolean",
    "is_from_provider": "boolean",
    "is_success": "boolean",
    "tags": "varchar[]",
    "params": "varchar",
    "ignored": "varchar",
}
_ESSENTIAL = {*_TOKENS, "requested_at", "logged_cost_usd"}
_TYPES = {column.name: duckdb_type(column.type) for column in GATEWAY_REQUESTS.columns}
_METERS = {name for name in _TYPES if name.endswith(("_tokens", "_calls"))}
_ALWAYS = {
    *("request_id", "id_basis", "requested_at", "gateway", "token_basis"),
    *("unread", "reject"),
}
# What call.sql works out, and the words without which it knows nothing.
_DERIVED: tuple[tuple[Set[str], Set[str]], ...] = (
    ({"completed_at"}, {"request_duration_us"}),
    ({"request_duration_us"}, {"completed_at"}),
    (_METERS | {"service_tier"}, {"usage", *_TOKENS}),
    ({"is_aborted"}, {"status_code"}),
    ({"error_type"}, {"status_code", "error_code", "is_success", "is_aborted"}),
    ({"is_gateway_cache_hit"}, {"cache_status"}),
)


def finish(con: Connection, sql: str, is_json: bool) -> str:
    """SQL: from the words of a call to the columns of `gateway_requests`.

    Args:
        con: From `engine`, with `raw_records`.
        sql: Gives texts under some of `WORDS`, and `record`.
        is_json: Whether a record ought to be a JSON object.
    """
    described = con.execute(f"describe ({sql})", _used(sql)).fetchall()
    given = {name: type_ for (name, type_, *_) in described}
    columns = ", ".join(sorted(_found(given.keys())))
    return f"""
        with given as ({_given(sql, given, is_json)}),

        metered as ({_metered(given.keys())})

        select {columns} from ({_CALL.read_text()})
    """


def _metered(given: Set[str]) -> str:
    """SQL: `given` and what was used, of which an access log says nothing."""
    if given & {"usage", *_TOKENS}:
        return _CALL_USAGE.read_text()
    words = ("service_tier", "oddity", "problem")
    fields = [f"{name} bigint" for name in sorted(_METERS)]
    fields += [f"{name} varchar" for name in words]
    return f"select *, cast(null as struct({', '.join(fields)})) as meters from given"


def _used(sql: str) -> dict[str, str]:
    return {"timezone": "UTC"} if "$timezone" in sql else {}


def _given(  # noqa: C901
    sql: str, given: Mapping[str, str], is_json: bool
) -> str:
    """SQL: every column that call.sql reads, as its type."""
    columns, misfits, refusals = [], [], []
    for name, words in WORDS.items():
        if name in _PLAIN:
            continue
        values = []
        for word, reading in words:
            if word not in given:
                continue
            # What is given as its type is read already.
            is_read = given[word] == _type(name).upper() != "VARCHAR"
            values.append(word if is_read else reading.format(word))
            refusal = f"known({word}), {values[-1]}"
            if name in _ESSENTIAL and not is_read:
                refusals.append(f"refuse('{word}', {refusal}, '{_misfit(name)}')")
            elif _type(name) != "varchar" and not is_read:
                misfits.append(f"misfit({refusal})")
        columns.append(f"{_or_null(values, _type(name))} as {name}")
    for name, type_ in _PLAIN.items():
        columns.append(
            f"{name if name in given else f'cast(null as {type_})'} as {name}"
        )
    problem = ["problem"] if "problem" in given else []
    if is_json:
        problem.insert(
            0,
            "case when record is null then 'malformed_json' "
            "when record not like '{%' then 'not_an_object' end",
        )
    return f"""
        select
            {", ".join(columns)},
            {_content(given.keys(), is_json)} as content,
            {" + ".join(misfits or ["0"])} as unread,
            {_or_null([*problem, *refusals], "varchar")} as misfit
        from (select {_texts(given)} from ({sql}))
    """


def _texts(given: Mapping[str, str]) -> str:
    """SQL: each word as text, so that what cannot be read can be told."""
    return ", ".join(
        name
        if name in {*_PLAIN, "record"} or type_ in ("TIMESTAMP", "BIGINT", "BOOLEAN")
        else f"cast({name} as varchar) as {name}"
        for name, type_ in sorted(given.items())
    )


def _content(given: Set[str], is_json: bool) -> str:
    """SQL: identity of a record that names none."""
    text = "one_line(record)" if is_json else "record"
    is_nameless = "known(request_id) is null" if "request_id" in given else "true"
    return f"case when {is_nameless} then md5($salt || {text}) end"


def _or_null(values: list[str], type_: str) -> str:
    if not values:
        return f"cast(null as {type_})"
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"


def _type(name: str) -> str:
    return _TYPES.get(name, "varchar" if name in _DESCRIBED else "bigint")


def _misfit(name: str) -> str:
    if name == "requested_at":
        return "not_a_time"
    return "not_an_amount" if name.endswith("_usd") else "not_a_count"


def _found(given: Set[str]) -> Set[str]:
    """Columns of `call.sql` that can hold anything where these words are given."""
    said = {name for name, words in WORDS.items() if any(w in given for w, _ in words)}
    said |= {*_PLAIN} & given
    found = said & {*_TYPES, *_DESCRIBED, "ignored"} | _ALWAYS
    for columns, words in _DERIVED:
        if said & words:
            found |= columns
    return found
