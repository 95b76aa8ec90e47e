"""OTLP spans: one call however its batch was encoded, and nothing that is no call."""

import base64
import copy
import csv
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.formats import detect
from loaders.home import open_home
from loaders.inbox import load_inbox
from tests.conftest import PROJECT, ndjson
from tests.loaders.gateway.vendor import CANARY, text_of

START = 1775001600_123456789
CALL: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.finish_reasons": ["stop"],
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 200,
}
LITELLM = {
    "gen_ai.operation.name": "acompletion",
    "gen_ai.system": "",
    "litellm.call_id": "call-1",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 200,
    "llm.is_streaming": "True",
    "gen_ai.response.finish_reasons": '["stop"]',
    "metadata.user_api_key_hash": "key-1",
    "metadata.user_api_key_user_id": "jane@example.org",
    "metadata.user_api_key_team_id": "team-1",
    "metadata.user_api_key_org_id": "",
    "metadata.spend_logs_metadata": "{'project': 'secret-project'}",
    "gen_ai.cost.total_cost": 0.00032250000000000003,
}
OPENAI_SCOPE = "opentelemetry.instrumentation.openai_v2"


def value_of(value: Any) -> dict[str, Any]:
    """As the specification says: whole numbers are text."""
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value}
        case list():
            return {"arrayValue": {"values": [value_of(each) for each in value]}}
    return {"stringValue": value}


def attributes_of(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": value_of(val)} for key, val in values.items()]


def span(n: int = 1, values: dict[str, Any] | None = None, **changes: Any):
    """A span; a change of `...` removes."""
    made = {
        "traceId": f"{n:031x}a",
        "spanId": f"{n:015x}b",
        "name": "chat gpt-4o",
        "kind": 3,
        "startTimeUnixNano": str(START),
        "endTimeUnixNano": str(START + 2_500_000_000),
        "attributes": attributes_of(CALL if values is None else values),
        "status": {},
    } | changes
    return {key: val for key, val in made.items() if val is not ...}


def batch(*spans: Any, scope: str = OPENAI_SCOPE, version: str | None = None):
    """An export of one resource and scope."""
    named = {"name": scope} | ({"version": version} if version else {})
    resource = attributes_of(
        {"service.name": "shop", "deployment.environment.name": "staging"}
    )
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": resource},
                "scopeSpans": [{"scope": named, "spans": list(spans)}],
            }
        ]
    }


def sample(n: int) -> dict[str, Any]:
    """The n-th export: one or two spans."""
    began = START + n * 9_973_310_000_000 % 172_800_000_000_000
    spans = [
        span(
            2 * n + place,
            CALL
            | {"gen_ai.usage.input_tokens": n + place}
            | ({"error.type": "429"} if n % 4 == 3 else {})
            | ({"gen_ai.usage.cache_read.input_tokens": n} if n % 2 else {}),
            startTimeUnixNano=str(began),
            endTimeUnixNano=str(began + n * 1_000_000),
        )
        for place in range(1, 2 + n % 2)
    ]
    return batch(*spans, scope=(OPENAI_SCOPE, "my.library")[n % 2])


def at_spans(change):
    """An encoder of a batch that changes each span in place."""

    def encoded(made):
        made = copy.deepcopy(made)
        for resource in made["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                for each in scope["spans"]:
                    change(each)
        return made

    return encoded


def at_values(change):
    """The same, of each attribute's value."""

    def changed(each):
        for attribute in each["attributes"]:
            attribute["value"] = change(attribute["value"])

    return at_spans(changed)


def uppercase(each):
    each["traceId"], each["spanId"] = each["traceId"].upper(), each["spanId"].upper()


def protobuf_json(each):
    for name in ("traceId", "spanId"):
        each[name] = base64.b64encode(bytes.fromhex(each[name])).decode()
    each["kind"] = "SPAN_KIND_CLIENT"
    if "code" in each["status"]:
        each["status"]["code"] = ("UNSET", "OK", "ERROR")[each["status"]["code"]]
        each["status"]["code"] = "STATUS_CODE_" + each["status"]["code"]


def long_of(number: int) -> dict[str, Any]:
    high, low = divmod(number, 1 << 32)
    return {"low": low - (1 << 32) if low >> 31 else low, "high": high}


def times_as(made):
    def change(each):
        for name in ("startTimeUnixNano", "endTimeUnixNano"):
            each[name] = made(int(each[name]))

    return change


def whole_double(value):
    number = value.get("doubleValue")
    is_whole = number is not None and number == int(number)
    return {"intValue": str(int(number))} if is_whole else value


ENCODERS = {
    "as the specification says": lambda made: made,
    "uppercase ids": at_spans(uppercase),
    "base64 ids and names of enumerations": at_spans(protobuf_json),
    "times as numbers": at_spans(times_as(int)),
    "times as Long": at_spans(times_as(long_of)),
    "whole numbers as numbers": at_values(
        lambda v: {"intValue": int(v["intValue"])} if "intValue" in v else v
    ),
    "whole numbers as Long": at_values(
        lambda v: {"intValue": long_of(int(v["intValue"]))} if "intValue" in v else v
    ),
    "whole numbers as doubles": at_values(
        lambda v: {"doubleValue": float(v["intValue"])} if "intValue" in v else v
    ),
    "numbers as strings": at_values(
        lambda v: {"stringValue": str(*v.values())} if "arrayValue" not in v else v
    ),
    "doubles as whole numbers": at_values(whole_double),
    "other fields beside": at_spans(
        lambda each: each.update(flags=256, events=[], links=[], droppedEventsCount=0)
    ),
}
COUNTS = st.integers(0, 10**11)
CALLS = st.fixed_dictionaries(
    {
        "gen_ai.operation.name": st.sampled_from(["chat", "embeddings"]),
        "gen_ai.system": st.just("anthropic"),
        "gen_ai.request.model": st.sampled_from(["claude", "gpt-4o"]),
    },
    optional={
        "gen_ai.usage.input_tokens": COUNTS,
        "gen_ai.usage.output_tokens": COUNTS,
        "gen_ai.usage.cache_read.input_tokens": COUNTS,
        "gen_ai.response.time_to_first_chunk": st.integers(0, 9000).map(float)
        | st.integers(0, 10**6).map(lambda us: us / 1e6),
        "gen_ai.request.temperature": st.sampled_from([0.0, 0.5, 1.0]),
        "gen_ai.request.stream": st.booleans(),
        "gen_ai.response.finish_reasons": st.just(["stop"]),
    },
)


@settings(max_examples=10)
@given(
    calls=st.lists(CALLS, min_size=1, max_size=4),
    status=st.sampled_from([{}, {"code": 0}, {"code": 1}, {"code": 2}]),
    began=st.integers(START, START + 10**15),
)
def test_every_encoding_of_the_same_spans_gives_the_same_rows(calls, status, began):
    spans = [
        span(
            n,
            values,
            status=dict(status),
            startTimeUnixNano=str(began),
            endTimeUnixNano=str(began + n * 1_000_000),
        )
        for n, values in enumerate(calls, 1)
    ]
    made = batch(*spans)
    with TemporaryDirectory() as folder:
        home = open_home(Path(folder))
        home.inbox.mkdir()
        for n, encode in enumerate(ENCODERS.values()):
            # Equal files would be one load.
            named = encode(made) | {"file": n}
            (home.inbox / f"{n}.jsonl").write_bytes(ndjson(named))
        found = load_inbox(home)
        landed = [outcome.entry.landed_count for outcome in found if outcome.entry]
        assert landed == [len(calls)] * len(ENCODERS)
        with duckdb.connect() as con:
            copies = con.execute(
                """
                select count(*) from (
                    select * exclude (load_id, record_no) from read_parquet($1)
                    group by all having count(*) = $2
                )
                """,
                [str(home.lake / "gateway_requests/*/*.parquet"), len(ENCODERS)],
            ).fetchone()
    assert copies == (len(calls),)


@pytest.fixture
def one(load, landed):
    """Land one span of a scope and give the columns asked for."""

    def one(sql, values=None, scope=OPENAI_SCOPE, version=None, **changes):
        made = batch(span(1, values, **changes), scope=scope, version=version)
        entry = load(ndjson(made)).entry
        assert (entry.landed_count, entry.quarantined_by_reason) == (1, {})
        return landed(f"select {sql} from requests")[0]

    return one


def test_a_span_is_known_by_its_content_alone(load):
    assert load(ndjson(batch(span())), name="x").entry.format == "otlp_genai"
    assert detect(b'{"resourceLogs": []}\n') is None


def test_a_call_lands_with_its_times_names_and_place(one):
    got = one(
        "request_id, trace_id, logical_request_id, requested_at, completed_at, "
        "request_duration_us, service, environment, provider, model_requested, "
        "model_served, provider_response_id, finish_reason, source_version",
        version="2.1b0",
    )
    assert got == (
        f"{1:031x}a:{1:015x}b",
        f"{1:031x}a",
        None,
        datetime(2026, 4, 1, 0, 0, 0, 123456),
        datetime(2026, 4, 1, 0, 0, 2, 623456),
        2_500_000,
        "shop",
        "staging",
        "openai",
        "gpt-4o",
        "gpt-4o-2024-08-06",
        "chatcmpl-1",
        "stop",
        f"{OPENAI_SCOPE}/2.1b0",
    )


def test_time_to_the_first_chunk_is_in_seconds(one):
    values = CALL | {"gen_ai.response.time_to_first_chunk": 0.25}
    assert one("ttft_us", values) == (250_000,)


@pytest.mark.parametrize("values", [{"gen_ai.request.stream": True}, LITELLM])
def test_streams_are_told_in_either_spelling(one, values):
    is_litellm = values is LITELLM
    scope, name = ("litellm", "litellm_request") if is_litellm else ("x", "chat")
    assert one("is_streamed", CALL | values, scope=scope, name=name) == (True,)


@pytest.mark.parametrize(
    ("input_name", "output_name", "read_name"),
    [
        ("input_tokens", "output_tokens", "cache_read.input_tokens"),
        ("prompt_tokens", "completion_tokens", "cache_read_input_tokens"),
        ("input_tokens", "output_tokens", "details.cache_read_tokens"),
        ("input_tokens", "output_tokens", "input_cached_tokens"),
    ],
)
def test_old_and_new_names_of_tokens_are_one(one, input_name, output_name, read_name):
    names = {
        f"gen_ai.usage.{input_name}": 100,
        f"gen_ai.usage.{output_name}": 20,
        f"gen_ai.usage.{read_name}": 60,
    }
    values = {key: val for key, val in CALL.items() if "usage" not in key} | names
    got = one("input_uncached_tokens, cache_read_tokens, output_tokens", values)
    assert got == (40, 60, 20)


def test_openinference_is_understood(one):
    values = {
        "openinference.span.kind": "LLM",
        "llm.system": "anthropic",
        "llm.model_name": "claude",
        "llm.token_count.prompt": 100,
        "llm.token_count.completion": 20,
        "llm.token_count.prompt_details.cache_read": 60,
        "llm.token_count.prompt_details.cache_write": 30,
    }
    got = one(
        "operation, model_requested, input_uncached_tokens, cache_read_tokens, "
        "cache_write_other_tokens, token_basis",
        values,
        scope="openinference.instrumentation.anthropic",
    )
    assert got == ("chat", "claude", 10, 60, 30, "gateway_normalized")


CACHED = CALL | {
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.cache_read.input_tokens": 60,
    "gen_ai.usage.cache_creation.input_tokens": 30,
}


@pytest.mark.parametrize(
    ("scope", "version", "uncached", "basis"),
    [
        ("opentelemetry.instrumentation.anthropic", "0.40.0", 10, "gateway_normalized"),
        ("opentelemetry.instrumentation.bedrock", "0.40.0", 100, "provider_reported"),
        ("logfire.anthropic", "4.9.1", 100, "provider_reported"),
        ("logfire.anthropic", "4.31.0", 10, "gateway_normalized"),
        ("logfire.anthropic", "5.0", 10, "gateway_normalized"),
        ("logfire.anthropic", None, 10, "gateway_normalized"),
        ("somebody's own", None, 10, "gateway_normalized"),
    ],
)
def test_who_wrote_the_span_and_when_decides_the_basis(
    one, scope, version, uncached, basis
):
    got = one(
        "input_uncached_tokens, cache_read_tokens, cache_write_other_tokens, "
        "token_basis",
        CACHED,
        scope=scope,
        version=version,
    )
    assert got == (uncached, 60, 30, basis)


def test_a_cache_that_is_larger_than_the_input_comes_on_top_of_it(one):
    values = CACHED | {"gen_ai.usage.input_tokens": 3}
    assert one("input_uncached_tokens", values, scope="x") == (3,)


def test_no_two_rules_fit_one_version():
    path = PROJECT / "loaders/gateway/otlp_genai_scopes.csv"
    with path.open(newline="") as file:
        rules = [[cell.strip() for cell in row] for row in csv.reader(file)][1:]
    by_scope: dict[str, list[Any]] = {}
    for scope, since, before, cache, _ in rules:
        assert cache in ("inside", "on top")
        first = [int(part) for part in since.split(".") if part]
        last = [int(part) for part in before.split(".") if part] or [10**9]
        by_scope.setdefault(scope, []).append((first, last))
    for ranges in by_scope.values():
        ranges.sort()
        pairs = pairwise(ranges)
        assert all(last <= first for (_, last), (first, _) in pairs)


def test_an_aborted_stream_has_no_tokens_and_no_zeros(one):
    values = {key: val for key, val in CALL.items() if "usage" not in key}
    got = one("token_basis, input_uncached_tokens, output_tokens, error_type", values)
    assert got == ("missing", None, None, None)


def test_zero_tokens_are_zero(one):
    values = CALL | {"gen_ai.usage.output_tokens": 0}
    assert one("output_tokens, token_basis", values) == (0, "provider_reported")


@pytest.mark.parametrize(
    ("error", "message", "expected"),
    [
        ("RateLimitError", "Error code: 429 - {'x': 1}", (429, "rate_limit")),
        ("429", None, (429, "rate_limit")),
        ("openai.APITimeoutError", None, (None, "timeout")),
        ("asyncio.CancelledError", None, (None, "aborted")),
        ("MyOwnError", None, (None, "unknown")),
    ],
)
def test_errors_are_told_by_status_and_by_class(one, error, message, expected):
    status = {"code": 2, "message": message}
    got = one("status_code, error_type", CALL | {"error.type": error}, status=status)
    assert got == expected


def test_an_error_without_a_class_is_an_error(one):
    assert one("error_type", status={"code": 2, "message": CANARY}) == ("unknown",)


@pytest.mark.parametrize(
    "values",
    [
        CALL | {"gen_ai.operation.name": "invoke_agent"},
        {"gen_ai.operation.name": "execute_tool"},
        {"openinference.span.kind": "CHAIN", "llm.token_count.prompt": 5},
        {"http.request.method": "POST"},
        {},
    ],
)
def test_what_is_no_call_is_ignored(load, values):
    entry = load(ndjson(batch(span(1, values)))).entry
    assert entry.ignored_by_reason == {"not_a_model_call": 1}
    assert (entry.read_count, entry.landed_count) == (1, 0)


def test_an_operation_that_nobody_knows_is_counted_apart(load):
    values = CALL | {"gen_ai.operation.name": "dream"}
    entry = load(ndjson(batch(span(1, values)))).entry
    assert entry.ignored_by_reason == {"unknown_operation": 1}


def test_of_the_spans_of_a_litellm_call_one_is_billed(load, landed):
    names = ("Received Proxy Server Request", "litellm_request", "raw_gen_ai_request")
    spans = [span(n, LITELLM, name=name) for n, name in enumerate(names, 1)]
    entry = load(ndjson(batch(*spans, scope="litellm"))).entry
    assert (entry.read_count, entry.landed_count) == (3, 1)
    assert landed(
        "select logical_request_id, operation, provider, api_key_id, team_id, "
        "organization_id, finish_reason, logged_cost_usd from requests"
    ) == [
        ("call-1", "chat", None, "key-1", "team-1", None, "stop", Decimal("0.0003225"))
    ]


def test_attempts_of_one_litellm_call_belong_together(load, landed):
    spans = [span(n, LITELLM, name="litellm_request") for n in (1, 2)]
    load(ndjson(batch(*spans, scope="litellm")))
    counted = "count(distinct request_id), count(distinct logical_request_id)"
    assert landed(f"select {counted} from requests") == [(2, 1)]


def test_litellms_cached_tokens_are_read_out_of_its_python_text(one):
    usage = (
        "{'prompt_tokens': 1000, 'completion_tokens': 200, 'total_tokens': 1200, "
        "'prompt_tokens_details': {'cached_tokens': 900, 'text_tokens': None}, "
        "'speed': None, 'service_tier': 'standard'}"
    )
    got = one(
        "input_uncached_tokens, cache_read_tokens, output_tokens, token_basis",
        LITELLM | {"metadata.usage_object": usage},
        scope="litellm",
        name="litellm_request",
    )
    assert got == (100, 900, 200, "gateway_normalized")


@pytest.mark.parametrize("text", ["{}", "{'prompt_tokens': ", "{'a': \"it's\"}", "x"])
def test_python_text_that_says_nothing_leaves_the_attributes(one, text):
    values = LITELLM | {"metadata.usage_object": text}
    got = one("output_tokens", values, scope="litellm", name="litellm_request")
    assert got == (200,)


def test_a_client_that_left_litellm_is_aborted_and_its_tokens_estimates(one):
    values = LITELLM | {"http.response.status_code": 499, "error.type": "x"}
    got = one(
        "is_aborted, error_type, token_basis",
        values,
        scope="litellm",
        name="litellm_request",
        status={"code": 2},
    )
    assert got == (True, "aborted", "estimated")


def test_no_text_of_a_client_lands(load, home):
    values = LITELLM | {
        "gen_ai.input.messages": CANARY,
        "gen_ai.output.messages": [CANARY],
        "gen_ai.prompt.0.content": CANARY,
        "llm.prompts": CANARY,
        "error.message": CANARY,
        "error.stack_trace": CANARY,
        "hidden_params": f'{{"x": "{CANARY}"}}',
        "metadata.requester_metadata": f"{{'x': '{CANARY}'}}",
        "metadata.usage_object": f"{{'prompt_tokens': 1, 'x': '{CANARY}'}}",
        "gen_ai.response.finish_reasons": f'{{"x": "{CANARY}"}}',
    }
    made = span(
        1,
        values,
        name="litellm_request",
        status={"code": 2, "message": CANARY},
        events=[{"name": "gen_ai.content", "attributes": attributes_of({"x": CANARY})}],
    )
    bad = span(2, values, name="litellm_request", startTimeUnixNano=CANARY)
    entry = load(ndjson(batch(made, bad, scope="litellm"))).entry
    assert (entry.landed_count, entry.quarantined_by_reason) == (1, {"not_a_time": 1})
    text = text_of(home)
    assert "canary" not in text.lower()
    assert "jane@example.org" not in text
    assert "secret-project" not in text


@pytest.mark.parametrize(
    ("line", "ignored", "quarantined"),
    [
        ({"resourceSpans": []}, {"no_spans": 1}, {}),
        ({"resourceSpans": [{"scopeSpans": [{"spans": []}]}]}, {"no_spans": 1}, {}),
        ({"resourceSpans": {"scopeSpans": 1}}, {"no_spans": 1}, {}),
        ({"resourceLogs": []}, {"not_a_trace": 1}, {}),
        ({"resourceMetrics": []}, {"not_a_trace": 1}, {}),
        ({"other": 1}, {}, {"missing": 1}),
        ([1, 2], {}, {"not_an_object": 1}),
        (batch(None, 5, "x", [], {}), {"not_a_model_call": 5}, {}),
    ],
)
def test_lines_of_other_things_take_no_call_along(load, line, ignored, quarantined):
    entry = load(ndjson(batch(span(1), span(2)), line, batch(span(3)))).entry
    assert entry.landed_count == 3
    assert entry.ignored_by_reason == ignored
    assert entry.quarantined_by_reason == quarantined


def test_a_span_keeps_its_place_in_the_file(load, landed):
    made = [batch(span(1), span(2)), batch(), batch(span(3, {}), span(4))]
    load(ndjson(*made))
    rows = landed("select right(trace_id, 2), record_no from requests order by all")
    assert rows == [("1a", 1), ("2a", 2), ("4a", 5)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"endTimeUnixNano": ...}, None),
        ({"endTimeUnixNano": "0"}, None),
        ({"endTimeUnixNano": str(START - 1)}, None),
        ({"endTimeUnixNano": "9" * 40}, None),
        ({"endTimeUnixNano": {"low": "x", "high": None}}, None),
    ],
)
def test_a_span_that_never_ended_has_no_duration(one, changes, expected):
    assert one("request_duration_us", **changes) == (expected,)


def test_attributes_said_twice_or_not_at_all_harm_nothing(load, landed):
    made = span(1)
    made["attributes"] += [
        {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "7"}},
        {"key": None, "value": None},
        {"value": {"stringValue": "x"}},
        {"key": "a/b~c\u0000\"'\\", "value": {"kvlistValue": {"values": []}}},
        None,
        7,
    ]
    assert load(ndjson(batch(made))).entry.landed_count == 1
    assert landed("select output_tokens from requests") == [(200,)]


@pytest.mark.parametrize("bad", ["x" * 16, "", "AAAAAAAAAAA=", "0" * 16, {"a": 1}, 5])
def test_a_span_without_an_id_is_known_by_its_content(one, bad):
    got = one("id_basis, length(request_id)", spanId=bad)
    assert got == ("content", 32)


def test_an_operators_own_attribute_can_name_the_team(home, load, landed):
    home.path.joinpath("tollbook.toml").write_text(
        '[[inbox]]\nglob = "*"\nformat = "otlp_genai"\n'
        '[inbox.mapping]\nteam_id = "attributes/app.team"\n'
    )
    (home.inbox / "a").write_bytes(ndjson(batch(span(1, CALL | {"app.team": "blue"}))))
    load_inbox(open_home(home.path))
    assert landed("select team_id from requests") == [("blue",)]


def test_the_real_spans_of_an_sdk(shared, load, landed):
    path = shared / "gateway/otlp/openai_v2_default.otlp.jsonl"
    entry = load(path.read_bytes()).entry
    assert (entry.read_count, entry.landed_count) == (35, 23)
    assert entry.ignored_by_reason == {"not_a_model_call": 12}
    assert landed(
        "select token_basis, count(*), count(error_type) from requests "
        "group by all order by all"
    ) == [("missing", 5, 2), ("provider_reported", 18, 0)]


def test_the_real_spans_of_litellm_agree_with_their_own_totals(shared, load, landed):
    path = shared / "gateway/otlp/litellm_otel_reqspan.otlp.jsonl"
    entry = load(path.read_bytes()).entry
    assert (entry.read_count, entry.landed_count) == (258, 46)
    with duckdb.connect() as con:
        totals = con.execute(
            r"""
            select cast(regexp_extract(text, '"gen_ai.usage.total_tokens", '
                || '"value": \{"intValue": "(\d+)"', 1) as bigint)
            from (
                select unnest(regexp_extract_all(
                    content, '"gen_ai.usage.total_tokens", "value": \{"intValue": "\d+"'
                )) as text from read_text($1)
            ) order by all
            """,
            [str(path)],
        ).fetchall()
    assert len(totals) == 42
    assert totals == landed(
        "select input_uncached_tokens + cache_read_tokens + cache_write_5m_tokens "
        "+ cache_write_1h_tokens + cache_write_other_tokens + output_tokens as total "
        "from requests where output_tokens is not null order by total"
    )


def test_the_real_batch_in_base64_is_read(shared, load):
    path = shared / "gateway/otlp/TRAP_protobuf_json_mapping_base64ids.json"
    entry = load(path.read_bytes()).entry
    assert entry.ignored_by_reason == {"not_a_model_call": 1}
