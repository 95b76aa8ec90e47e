"""Higress: JSON in a string, numbers as strings, Envoy's words all quoted."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.formats import detect
from loaders.inbox import load_inbox
from tests.conftest import changed, ndjson
from tests.loaders.gateway.vendor import CANARY, text_of

AI: dict[str, Any] = {
    "model": "qwen-turbo",
    "api": "chat@higress",
    "consumer": "app-1",
    "session_id": "never-a-request",
    "response_type": "stream",
    "input_token": "100",
    "output_token": "69",
    "total_token": 169,
    "cached_tokens": 40,
    "reasoning_tokens": "11",
    "llm_first_token_duration": "309",
    "llm_service_duration": "1955",
    "question": CANARY,
    "answer": CANARY,
    "reasoning": CANARY,
    "messages": [{"role": "user", "content": CANARY}],
    "tool_calls": [{"function": {"arguments": CANARY}}],
    "input_token_details": '{"cached_tokens":40}',
}
ENVOY: dict[str, Any] = {
    "authority": "ai.example.org",
    "bytes_received": "336",
    "bytes_sent": "1675",
    "downstream_remote_address": "198.51.100.9:51234",
    "duration": "2590",
    "method": "POST",
    "path": "/v1/chat/completions?q=1",
    "request_id": "req-1",
    "response_code": "200",
    "response_flags": "-",
    "route_name": "route-1",
    "start_time": "2026-04-01T00:00:02.078Z",
    "trace_id": "-",
    "upstream_cluster": "outbound|443||llm.internal.dns",
    "upstream_host": "203.0.113.5:443",
    "upstream_service_time": "496",
    "user_agent": "openai-python/1.99.0",
    "x_forwarded_for": "-",
}
METERS = "input_uncached_tokens, cache_read_tokens, output_tokens, token_basis"


def log(ai: object = ..., **changes: object) -> dict[str, Any]:
    """A line of the access log; `ai` replaces what the plugin says."""
    said = json.dumps(AI if ai is ... else ai)
    return changed(ENVOY, **changes) | {"ai_log": said if ai is not None else "-"}


def sample(n: int) -> dict[str, Any]:
    """The n-th valid record; every fourth of the older layout."""
    made = log(
        {**AI, "input_token": n + 50, "output_token": str(n + 20)} if n % 3 else None,
        request_id=f"req-{n}",
        start_time=f"2026-04-0{1 + n % 2}T{n % 24:02}:{n % 60:02}:07.5Z",
        response_code=("200", "200", "429", "503", "0")[n % 5],
        response_flags=("-", "-", "RL", "UF,URX", "DC")[n % 5],
    )
    if n % 4 == 3:
        made |= {"model": "qwen-max", "input_token": "21", "output_token": str(n)}
        del made["ai_log"]
    return made


@pytest.fixture
def one(load, landed):
    """Land one line and give the columns asked for."""

    def one(sql, ai=..., **changes):
        outcome = load(ndjson(log(ai, **changes)))
        assert outcome.entry.quarantined_by_reason == {}
        assert outcome.entry.unread_count == 0
        return landed(f"select {sql} from requests")[0]

    return one


def test_a_line_says_who_called_what_and_how_long_it_took(one):
    assert one(
        "source_format, request_id, requested_at, request_duration_us, upstream_us, "
        "ttft_us, application_id, service, method, model_requested, deployment_id, "
        "upstream_host, status_code, error_type, is_streamed, is_aborted, operation, "
        "trace_id, request_bytes, response_bytes"
    ) == (
        *("higress", "req-1", datetime(2026, 4, 1, 0, 0, 2, 78000)),
        *(2_590_000, 1_955_000, 309_000, "app-1", "chat@higress", "POST"),
        *("qwen-turbo", "outbound|443||llm.internal.dns", "203.0.113.5", 200),
        *(None, True, False, "chat", None, 336, 1675),
    )


def test_numbers_may_be_strings(one):
    columns = f"{METERS}, reasoning_tokens"
    assert one(columns) == (60, 40, 69, "gateway_normalized", 11)


def test_the_log_may_hold_an_object(load, landed):
    load(ndjson(log() | {"ai_log": AI}))
    assert landed(f"select {METERS} from requests") == [
        (60, 40, 69, "gateway_normalized")
    ]


def test_the_older_layout_has_no_string(load, landed):
    older = ENVOY | {"model": "qwen-max", "input_token": "21", "output_token": "17"}
    assert load(ndjson(older)).entry.format == "higress"
    assert landed(f"select model_requested, {METERS} from requests") == [
        ("qwen-max", 21, 0, 17, "gateway_normalized")
    ]


def test_more_cached_than_input_tokens_come_on_top(one):
    ai = {**AI, "cached_tokens": 4000, "total_token": 169}
    assert one(METERS, ai) == (100, 4000, 69, "gateway_normalized")


def test_counters_of_a_call_without_usage_are_unknown(one):
    ai = {**AI, "input_token": 0, "output_token": 0, "total_token": 0}
    columns = f"{METERS}, reasoning_tokens, model_requested"
    assert one(columns, {**ai, "model": "UNKNOWN"}) == (
        *(None, None, None, "missing", None, None),
    )


def test_an_embedding_has_no_output(one):
    ai = {**AI, "output_token": 0, "cached_tokens": 0, "reasoning_tokens": 0}
    columns = f"operation, {METERS}, reasoning_tokens"
    assert one(columns, {**ai, "total_token": 100}, path="/v1/embeddings") == (
        *("embeddings", 100, 0, 0, "gateway_normalized", None),
    )


@pytest.mark.parametrize("said", ["-", "", "not json {", "[1]", "5", '"x"', None])
def test_a_request_without_statistics_lands_without_tokens(load, landed, said):
    load(ndjson(ENVOY | {"ai_log": said}))
    columns = "request_id, service, output_tokens, token_basis"
    assert landed(f"select {columns} from requests") == [
        ("req-1", "route-1", None, "missing")
    ]


@pytest.mark.parametrize(
    ("code", "flags", "host", "expected"),
    [
        ("429", "-", "203.0.113.5:443", (429, "rate_limit", None, False)),
        ("500", "-", "203.0.113.5:443", (500, "upstream", None, False)),
        ("500", "-", "-", (500, "gateway", None, False)),
        ("503", "UF,URX", "203.0.113.5:443", (503, "upstream", "UF,URX", False)),
        ("0", "DC", "203.0.113.5:443", (None, "aborted", "DC", True)),
        ("200", "DC", "203.0.113.5:443", (200, "aborted", "DC", True)),
    ],
)
def test_errors_are_told_by_code_and_flags(one, code, flags, host, expected):
    assert (
        one(
            "status_code, error_type, error_code, is_aborted",
            response_code=code,
            response_flags=flags,
            upstream_host=host,
        )
        == expected
    )


def test_an_aborted_call_has_estimated_tokens(one):
    assert one("token_basis", response_flags="DC") == ("estimated",)


@pytest.mark.parametrize(
    ("forwarded", "remote", "family"),
    [
        ("198.51.100.9, 10.0.0.1", "-", "4"),
        ("-", "198.51.100.9:51234", "4"),
        ("2001:db8::9", "-", "6"),
        ("-", "[2001:db8::9]:51234", "6"),
        ("-", "-", None),
    ],
)
def test_the_client_stands_first(one, forwarded, remote, family):
    found = one(
        "ip_family", x_forwarded_for=forwarded, downstream_remote_address=remote
    )[0]
    assert (found and found[-1]) == family


def test_no_prompt_and_no_address_lands(load, home):
    made = log(AI | {"x": CANARY}, path=f"/v1/chat/completions?q={CANARY}")
    assert load(ndjson(made)).entry.landed_count == 1
    text = text_of(home)
    assert "canary-3141" not in text
    assert "198.51.100.9" not in text


def test_real_records(home, landed, shared):
    for name in ("test_access.log", "test_access_v2.log"):
        entry = load_inbox(home, [shared / "gateway/higress" / name])[0].entry
        assert (entry.format, entry.read_count, entry.landed_count) == ("higress", 4, 4)
    assert landed(
        f"select requested_at, model_requested, {METERS}, reasoning_tokens, "
        "is_streamed from requests where model_requested <> 'Qwen3-rerank' "
        "order by 1, 2"
    ) == [
        (
            *(datetime(2026, 2, 1, 10), "DeepSeek-R1", 50, 0, 30),
            *("gateway_normalized", None, False),
        ),
        (
            *(datetime(2026, 2, 1, 10), "gpt-4o", 30, 120, 100),
            *("gateway_normalized", None, False),
        ),
        (
            *(datetime(2026, 2, 1, 10, 1), "gpt-4o", 120, 80, 150),
            *("gateway_normalized", None, False),
        ),
        # 500 tokens of reasoning in an output of 80 are nobody's count.
        (
            *(datetime(2026, 2, 1, 10, 2), "o1", 100, 0, 80),
            *("gateway_normalized", None, False),
        ),
        (
            *(datetime(2026, 2, 1, 10, 3), "gpt-4o", 100, 200, 200),
            *("gateway_normalized", None, False),
        ),
    ]


def test_recognised_by_content_alone():
    for n in range(4):
        found = detect(ndjson(sample(n)))
        assert found is not None
        assert found.name == "higress"
    assert detect(ndjson(ENVOY)) is None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=8)),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from([*AI, "ai"]), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    is_text=st.booleans(),
)
def test_whatever_the_log_says_loses_no_record(load, said, is_text):
    hostile = ENVOY | {"ai_log": json.dumps(said) if is_text else said}
    entry = load(ndjson(hostile, log(request_id="req-2"))).entry
    assert entry.read_count == entry.landed_count + entry.quarantined_count == 2


def test_tokens_that_are_no_counts_are_refused(load, rejected):
    load(ndjson(log({**AI, "input_token": "x", "output_token": "y"})))
    assert [row["reason"] for row in rejected()] == ["not_a_count"]
