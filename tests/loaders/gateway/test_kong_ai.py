"""Kong: every `ai` layout it wrote, counters that begin at 0, calls beside it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.formats import detect
from loaders.inbox import load_inbox
from tests.conftest import changed, ndjson
from tests.loaders.gateway.vendor import CANARY, text_of

BASE: dict[str, Any] = {
    "started_at": 1775001600250,
    "latencies": {"kong": 12, "proxy": 431, "request": 2890, "receive": 7},
    "request": {
        "id": "req-1",
        "method": "POST",
        "uri": "/v1/chat/completions?tenant=x",
        "url": "http://localhost:8000/v1/chat/completions",
        "size": 812,
        "headers": {"user-agent": "openai-python/1.99.0", "authorization": "REDACTED"},
    },
    "response": {
        "status": 200,
        "size": 4096,
        "headers": {"via": "1.1 kong/3.10.0.1-enterprise-edition"},
    },
    "upstream_status": "502, 200",
    "tries": [{"ip": "203.0.113.1"}, {"ip": "203.0.113.2"}],
    "source": "upstream",
    "client_ip": "198.51.100.9",
    "consumer": {"id": "consumer-1", "username": "jane@example.org"},
    "authenticated_entity": {"id": "credential-1", "consumer_id": "consumer-1"},
    "service": {"name": "llm", "id": "s-1", "created_at": 1726782459},
    "route": {"name": "chat", "id": "r-1"},
}
META = {
    "plugin_id": "p-1",
    "provider_name": "openai",
    "request_model": "gpt-4o",
    "response_model": "gpt-4o-2024-08-06",
    "llm_latency": 2670,
}
USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 200,
    "total_tokens": 1200,
    "time_per_token": 13.4,
    "cost": 0.0035,
}
CALL = {"meta": META, "usage": USAGE}


def kong_record(ai: object = ..., **changes: object) -> dict[str, Any]:
    """A request that the proxy plugin served, in today's layout."""
    made = changed(BASE, **changes)
    return made if ai is None else made | {"ai": {"proxy": CALL} if ai is ... else ai}


def sample(n: int) -> dict[str, Any]:
    """The n-th valid record, of several layouts."""
    singular = {"prompt_token": n + 1, "completion_token": n + 2, "total_tokens": 0}
    layouts = (
        {"proxy": CALL},
        {"ai-proxy": {"meta": META, "usage": singular}},
        {"usage": USAGE, "meta": META},
        {"proxy": CALL, "ai-request-transformer": CALL},
        {"mcp": {"rpc": [{"method": "tools/call", "latency": n}]}},
        None,
    )
    return kong_record(
        layouts[n % len(layouts)],
        request__id=f"req-{n}",
        started_at=1775001600250 + n * 7_919_017 % 172_800_000,
        response__status=(200, 200, 429, 502, 499)[n % 5],
    )


@pytest.fixture
def one(load, landed):
    """Land one request and give the columns asked for."""

    def one(sql, ai=..., **changes):
        outcome = load(ndjson(kong_record(ai, **changes)))
        assert outcome.entry.quarantined_by_reason == {}
        assert outcome.entry.unread_count == 0
        return landed(f"select {sql} from requests")[0]

    return one


METERS = "input_uncached_tokens, cache_read_tokens, output_tokens, token_basis"


def test_a_request_says_who_called_what_and_how_long_it_took(one):
    assert one(
        "source_format, gateway, request_id, logical_request_id, api_key_id, "
        "application_id, service, method, provider, model_requested, model_served, "
        "status_code, attempted_retries, request_bytes, response_bytes, source_version"
    ) == (
        *("kong_ai", "kong_ai", "req-1", "req-1", "credential-1", "consumer-1"),
        *("llm", "POST", "openai", "gpt-4o", "gpt-4o-2024-08-06", 200, 1, 812, 4096),
        "3.10.0.1-enterprise-edition",
    )


def test_times_are_milliseconds(one):
    usage = USAGE | {"time_to_first_token": 631}
    assert one(
        "requested_at, completed_at, request_duration_us, upstream_us, gateway_us, "
        "ttft_us",
        {"proxy": {"meta": META, "usage": usage}},
    ) == (
        datetime(2026, 4, 1, 0, 0, 0, 250000),
        datetime(2026, 4, 1, 0, 0, 3, 140000),
        *(2_890_000, 2_670_000, 12_000, 631_000),
    )


@pytest.mark.parametrize(
    "ai",
    [
        # 3.6: one usage for all plugins together.
        {"usage": {"prompt_tokens": 1000, "completion_tokens": 200}, "meta": META},
        # 3.7: in the singular.
        {
            "ai-proxy": {
                "meta": META,
                "usage": {
                    "prompt_token": 1000,
                    "completion_token": 200,
                    "total_tokens": 1200,
                },
            }
        },
        # 3.8, 3.9.
        {"ai-proxy": CALL},
        # From 3.10 on.
        {"proxy": CALL, "sanitizer": {"pii_identified": 3}},
        {"payload": {"request": CANARY}, "proxy": CALL | {"rag-inject": {"x": 1}}},
    ],
)
def test_every_layout_gives_the_same_tokens(one, ai):
    columns = f"provider, model_requested, upstream_us, {METERS}"
    assert one(columns, ai) == (
        *("openai", "gpt-4o", 2_670_000, 1000, 0, 200, "gateway_normalized"),
    )


def test_detailed_counts_lie_inside_their_wholes(one):
    usage = USAGE | {
        "prompt_tokens_details": {"cached_tokens": 400, "audio_tokens": 30},
        "completion_tokens_details": {"reasoning_tokens": 150, "audio_tokens": 20},
    }
    assert one(
        f"{METERS}, reasoning_tokens, audio_input_tokens, audio_output_tokens",
        {"proxy": {"meta": META, "usage": usage}},
    ) == (600, 400, 200, "gateway_normalized", 150, 30, 20)


def test_more_cached_than_input_tokens_come_on_top(one):
    usage = USAGE | {"prompt_tokens_details": {"cached_tokens": 4000}}
    ai = {"proxy": {"meta": META, "usage": usage}}
    assert one(METERS, ai) == (1000, 4000, 200, "gateway_normalized")


def test_calls_other_than_chat_count_input_and_output(one):
    usage = {
        "input_tokens": 70,
        "output_tokens": 9,
        "input_tokens_details": {"cached_tokens": 20},
    }
    ai = {"proxy": {"meta": META, "usage": usage}}
    assert one(METERS, ai) == (50, 20, 9, "gateway_normalized")


def test_counters_that_stayed_zero_are_unknown(one):
    zeros = dict.fromkeys([*USAGE, "time_to_first_token"], 0) | {
        "completion_tokens_details": {"reasoning_tokens": 0}
    }
    ai = {"proxy": {"meta": META | {"llm_latency": 0}, "usage": zeros}}
    assert one(
        f"{METERS}, reasoning_tokens, logged_cost_usd, ttft_us, upstream_us",
        ai,
        response__status=500,
    ) == (None, None, None, "missing", None, None, None, 431_000)


def test_output_that_stayed_zero_is_unknown_beside_a_known_input(one):
    usage = USAGE | {"completion_tokens": 0, "total_tokens": 1000}
    ai = {"proxy": {"meta": META, "usage": usage}}
    assert one(METERS, ai) == (1000, 0, None, "gateway_normalized")


def test_an_embedding_has_no_output(one):
    usage = USAGE | {"completion_tokens": 0, "total_tokens": 1000}
    assert one(
        f"operation, {METERS}",
        {"proxy": {"meta": META, "usage": usage}},
        request__uri="/v1/embeddings",
    ) == ("embeddings", 1000, 0, 0, "gateway_normalized")


def test_cost_is_read_from_its_text(one):
    assert one("logged_cost_usd") == (Decimal("0.0035"),)


@pytest.mark.parametrize(
    ("mode", "via", "expected"),
    [
        ("oneshot", "1.1 kong/3.12.0", (False, "gateway_normalized")),
        ("stream", "1.1 kong/3.12.0", (True, "estimated")),
        (
            "stream",
            "1.1 kong/3.12.0.0-enterprise-edition",
            (True, "gateway_normalized"),
        ),
        (None, "1.1 kong/3.9.1", (None, "gateway_normalized")),
    ],
)
def test_the_open_edition_may_estimate_a_stream(one, mode, via, expected):
    ai = {"proxy": {"meta": META | {"request_mode": mode}, "usage": USAGE}}
    columns = "is_streamed, token_basis"
    assert one(columns, ai, response__headers={"via": via}) == expected


def test_events_in_the_answer_are_a_stream(one):
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    assert one("is_streamed", response__headers=headers) == (True,)


def test_a_hit_of_the_semantic_cache_replays_tokens(one):
    meta = {name: value for name, value in META.items() if name != "llm_latency"}
    call = {"meta": meta, "usage": USAGE, "cache": {"cache_status": "Hit"}}
    assert one(
        "is_gateway_cache_hit, cache_status, token_basis, upstream_us",
        {"proxy": call},
        latencies__proxy=-1,
    ) == (True, "hit", "replayed_from_cache", None)


@pytest.mark.parametrize(
    ("status", "source", "expected"),
    [
        (429, "upstream", ("rate_limit", None)),
        (502, "upstream", ("upstream", None)),
        (503, "kong", ("gateway", None)),
        (401, "kong", ("auth", None)),
        (499, "kong", ("aborted", True)),
    ],
)
def test_errors_say_whose_they_are(one, status, source, expected):
    columns = "error_type, nullif(is_aborted, false)"
    assert one(columns, None, response__status=status, source=source) == expected


def test_an_aborted_call_has_estimated_tokens(one):
    assert one("token_basis", response__status=499) == ("estimated",)


@pytest.mark.parametrize(
    "ai",
    [
        {"mcp": {"mcp_session_id": "s", "rpc": [{"method": "tools/call"}]}},
        {"a2a": {"task": {"id": "t"}}},
        {},
        [{"meta": {}}],
        "none",
        None,
    ],
)
def test_a_request_without_a_model_lands_without_tokens(one, ai):
    columns = "request_id, provider, output_tokens, token_basis"
    assert one(columns, ai) == ("req-1", None, None, "missing")


def test_a_transformer_is_a_call_of_its_own(load, landed):
    transformer = {
        "meta": META | {"request_model": "gpt-4o-mini", "llm_latency": 90},
        "usage": USAGE | {"prompt_tokens": 7, "completion_tokens": 3},
    }
    ai = {"ai-request-transformer": transformer, "proxy": CALL}
    entry = load(ndjson(kong_record(ai), kong_record(None, request__id="r2"))).entry
    assert (entry.read_count, entry.landed_count) == (3, 3)
    assert landed(
        """
        select request_id, logical_request_id, job_type, model_requested,
            input_uncached_tokens, output_tokens, request_duration_us, status_code,
            response_bytes
        from requests order by record_no
        """
    ) == [
        ("req-1", "req-1", None, "gpt-4o", 1000, 200, 2_890_000, 200, 4096),
        (
            *("req-1:ai-request-transformer", None, "ai-request-transformer"),
            *("gpt-4o-mini", 7, 3, 90_000, None, None),
        ),
        ("r2", "r2", None, None, None, None, 2_890_000, 200, 4096),
    ]


def test_a_transformer_alone_is_what_the_request_cost(one):
    columns = f"request_id, model_requested, status_code, {METERS}"
    assert one(columns, {"ai-response-transformer": CALL}) == (
        *("req-1", "gpt-4o", 200, 1000, 0, 200, "gateway_normalized"),
    )


def test_batches_are_arrays(load, landed):
    content = ndjson([kong_record(request__id="a"), kong_record(request__id="b")])
    assert load(content, "batch.json").entry.landed_count == 2
    assert landed("select request_id from requests order by 1") == [("a",), ("b",)]


def test_many_batches_are_arrays_one_a_line(load, landed):
    # More than are held in memory: they are read as they come.
    pad = {"pad": "x" * 100_000}
    batches = [
        [kong_record(request__id=f"{n}-{k}") | pad for k in (1, 2)] for n in range(50)
    ]
    assert load(ndjson(*batches), "sink.log").entry.landed_count == 100
    assert landed("select count(distinct request_id) from requests") == [(100,)]


def test_older_versions_name_the_request_in_a_header(one):
    assert one(
        "request_id, id_basis",
        request__id=...,
        response__headers={"x-kong-request-id": "header-1", "server": "kong/3.6.1"},
    ) == ("header-1", "vendor")


def test_unspecified_names_nothing(one):
    meta = META | {"provider_name": "UNSPECIFIED", "request_model": "UNSPECIFIED"}
    columns = "provider, model_requested"
    assert one(columns, {"proxy": {"meta": meta, "usage": USAGE}}) == (None, None)


def test_a_record_without_a_time_is_quarantined(load, rejected):
    assert load(ndjson({"ai": {"proxy": CALL}})).entry.landed_count == 0
    assert [(row["reason"], row["field"]) for row in rejected()] == [
        ("missing", "requested_at")
    ]


def test_real_log_without_ai_lands(home, landed, shared):
    load_inbox(home, [shared / "gateway/kong/kong_log_sample.ndjson"])
    assert landed(
        "select request_id, status_code, attempted_retries, source_version, token_basis"
        " from requests"
    ) == [
        (
            *("2f6946328ffc4946b8c9120704a4a155", 200, 0),
            *("3.8.0.0-enterprise-edition", "missing"),
        )
    ]


def test_examples_of_the_ai_section_have_no_time(home, shared):
    file = shared / "gateway/kong/kong_ai_section_examples.ndjson"
    entry = load_inbox(home, [file])[0].entry
    assert (entry.format, entry.read_count) == ("kong_ai", 2)
    assert entry.quarantined_by_reason == {"missing": 2}


def test_no_prompt_and_no_person_lands(load, home):
    call = {"meta": META, "usage": USAGE, "payload": {"response": CANARY}}
    sanitized = {"sanitized_items": [{"original": CANARY}]}
    ai = {"payload": {"request": CANARY}, "proxy": call, "sanitizer": sanitized}
    ai["ai-request-transformer"] = call
    made = kong_record(
        ai,
        request__headers={"apikey": CANARY, "user-agent": "x/1"},
        request__body=CANARY,
        response__body=CANARY,
        request__querystring={"q": CANARY},
        request__uri=f"/v1/chat/completions?q={CANARY}",
    )
    assert load(ndjson(made)).entry.landed_count == 2
    text = text_of(home)
    assert "canary-3141" not in text
    assert "jane@example.org" not in text
    assert "198.51.100.9" not in text


def test_recognised_by_content_alone():
    for n in range(6):
        found = detect(ndjson(sample(n)))
        assert found is not None
        assert found.name == "kong_ai"
    assert detect(b'{"ai": 1, "request": 2}') is None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ai=st.recursive(
        st.one_of(st.none(), st.integers(), st.text(max_size=8)),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(["proxy", "ai-x", "meta", "usage", "", "a/b~", "*"]),
                inner,
            )
            | st.lists(inner, max_size=2)
        ),
        max_leaves=12,
    )
)
def test_whatever_stands_under_ai_loses_no_record(load, ai):
    entry = load(ndjson(kong_record(ai), kong_record())).entry
    assert entry.read_count == entry.landed_count + entry.quarantined_count
    assert entry.landed_count >= 1


def test_tokens_that_are_no_counts_are_refused(load, rejected):
    load(
        ndjson(kong_record({"proxy": {"meta": META, "usage": {"prompt_tokens": "x"}}}))
    )
    assert [row["reason"] for row in rejected()] == ["not_a_count"]


def test_the_proxys_tokens_are_no_other_plugins(load, landed):
    ai = {
        "proxy": CALL | {"usage": USAGE | {"time_to_first_token": 80}},
        "ai-request-transformer": {"meta": {"request_model": "gpt-4o-mini"}},
    }
    assert load(ndjson(kong_record(ai))).entry.landed_count == 2
    assert landed(
        "select request_id, input_uncached_tokens, output_tokens, ttft_us, upstream_us "
        "is null, token_basis from requests order by request_id"
    ) == [
        ("req-1", 1000, 200, 80_000, False, "gateway_normalized"),
        ("req-1:ai-request-transformer", None, None, None, True, "missing"),
    ]
