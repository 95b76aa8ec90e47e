"""LiteLLM: token classes, money, times, outcomes, and the shapes files come in."""

import gzip
import json
from datetime import datetime
from decimal import Decimal

import pytest
import zstandard

from loaders.home import open_home
from loaders.inbox import load_inbox
from tests.conftest import ndjson, record

INPUT = (
    "input_uncached_tokens, cache_read_tokens, cache_write_5m_tokens, "
    "cache_write_1h_tokens, cache_write_other_tokens"
)


@pytest.fixture
def one(load, landed):
    """Land one record and give the columns asked for."""

    def one(sql, **changes):
        outcome = load(ndjson(record(**changes)))
        assert outcome.entry.quarantined_by_reason == {}
        return landed(f"select {sql} from requests")[0]

    return one


def test_real_capture_lands_whole(home, landed, shared):
    file = shared / "gateway/litellm_live/slp_generic_api_ndjson.ndjson"
    entry = load_inbox(home, [file])[0].entry
    assert (entry.read_count, entry.landed_count, entry.quarantined_count) == (
        236,
        236,
        0,
    )
    assert landed("select count(distinct request_id) from requests") == [(236,)]
    assert dict(
        landed("select team_id, sum(logged_cost_usd) from requests group by all")
    ) == {
        "team-labs": Decimal("0.04571316"),
        "team-search": Decimal("0.28460990"),
        "team-support": Decimal("0.10908243"),
        None: 0,
    }
    tokens = landed(
        f"""
        select provider, is_gateway_cache_hit, sum({INPUT.replace(", ", " + ")})::int,
            sum(output_tokens)::int
        from requests where provider is not null group by all order by all
        """
    )
    assert tokens == [
        ("anthropic", False, 56383, 3885),
        ("openai", False, 36004, 13536),
        ("openai", True, 38628 - 36004, 13758 - 13536),
    ]


def test_older_shape_has_naive_times_and_no_call_id(home, landed, shared):
    file = shared / "gateway/litellm_fixtures/standard_logging_payload.json"
    assert load_inbox(home, [file])[0].entry.landed_count == 1
    assert landed(
        "select logical_request_id, requested_at, output_tokens, ttft_us from requests"
    ) == [
        (
            "chatcmpl-2299b6a2-82a3-465a-b47c-04e685a2227f",
            datetime(2025, 1, 24, 9, 20, 46, 847371),
            20,
            4583,
        )
    ]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({}, (1000, 0, 0, 0, 0)),
        ({"prompt_tokens_details": {"cached_tokens": 400}}, (600, 400, 0, 0, 0)),
        # One number under two names is one number.
        (
            {
                "cache_read_input_tokens": 400,
                "prompt_tokens_details": {"cached_tokens": 400},
            },
            (600, 400, 0, 0, 0),
        ),
        (
            {
                "cache_read_input_tokens": 100,
                "cache_creation_input_tokens": 300,
                "prompt_tokens_details": {
                    "cache_creation_token_details": {
                        "ephemeral_5m_input_tokens": 200,
                        "ephemeral_1h_input_tokens": 60,
                    }
                },
            },
            (600, 100, 200, 60, 40),
        ),
        ({"cache_creation_input_tokens": 300}, (700, 0, 0, 0, 300)),
    ],
)
def test_cached_tokens_lie_inside_the_prompt(one, usage, expected):
    assert one(INPUT, metadata__usage_object=usage) == expected


def test_more_cached_than_prompt_tokens_is_refused(load, rejected):
    load(ndjson(record(metadata__usage_object={"cache_read_input_tokens": 1001})))
    assert [(row["reason"], row["field"]) for row in rejected()] == [
        ("negative", "input_uncached_tokens")
    ]


def test_more_reasoning_than_output_is_unknown_and_the_record_lands(one):
    details = {"reasoning_tokens": 201}
    assert one(
        "output_tokens, reasoning_tokens, logged_cost_usd, token_basis",
        metadata__usage_object={"completion_tokens_details": details},
    ) == (200, None, Decimal("0.0033775"), "gateway_normalized")


def test_cache_hit_replays_tokens_at_no_cost(one):
    got = one(
        "token_basis, output_tokens, is_gateway_cache_hit, logged_cost_usd, "
        "logical_request_id, provider_response_id",
        cache_hit=True,
        response_cost=0.0,
        id="chatcmpl-9_cache_hit1795230563.46",
    )
    assert got == ("replayed_from_cache", 200, True, 0, "call-1", "chatcmpl-9")


def test_aborted_stream_is_logged_as_success(one):
    got = one(
        "status_code, error_type, is_aborted, token_basis, output_tokens",
        stream=True,
        error_information={"error_code": "499", "error_class": "ClientDisconnected"},
    )
    assert got == (499, "aborted", True, "estimated", 200)


def test_zeros_of_a_failure_are_unknown(one):
    got = one(
        f"token_basis, output_tokens, {INPUT}, model_served, is_streamed",
        status="failure",
        prompt_tokens=0,
        completion_tokens=0,
        error_information={"error_code": "503", "llm_provider": "openai"},
    )
    assert got == ("missing", *[None] * 6, "gpt-4o", None)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"error_code": "400"}, (400, "validation")),
        ({"error_code": "401"}, (401, "auth")),
        ({"error_code": "403"}, (403, "auth")),
        ({"error_code": "404"}, (404, "not_found")),
        ({"error_code": "408"}, (408, "timeout")),
        ({"error_code": "418"}, (418, "client_other")),
        ({"error_code": "429"}, (429, "rate_limit")),
        ({"error_code": "400", "error_class": "BudgetExceededError"}, (400, "quota")),
        ({"error_code": "500", "llm_provider": "openai"}, (500, "upstream")),
        ({"error_code": "500", "llm_provider": ""}, (500, "gateway")),
        ({"error_code": "504", "llm_provider": "openai"}, (504, "timeout")),
        ({"error_code": ""}, (None, "unknown")),
        ({"error_code": "oops"}, (None, "unknown")),
    ],
)
def test_errors_become_one_taxonomy(one, error, expected):
    got = one("status_code, error_type", status="failure", error_information=error)
    assert got == expected


def test_request_refused_before_routing_was_served_by_no_model(one):
    got = one(
        "provider, model_requested, model_served",
        status="failure",
        custom_llm_provider=None,
        model="nope",
        model_group="",
    )
    assert got == (None, "nope", None)


@pytest.mark.parametrize(
    ("cost", "expected"),
    [
        (1.6e-07, Decimal("0.00000016")),
        (0.012099000000000002, Decimal("0.012099")),
        (1234567.5, Decimal("1234567.5")),
        ("0.1", Decimal("0.1")),
        (None, None),
        (-0.5, Decimal("-0.5")),
    ],
)
def test_cost_is_read_from_text(one, cost, expected):
    assert one("logged_cost_usd", response_cost=cost) == (expected,)


def test_zero_with_a_diagnosis_is_an_unknown_price(one):
    got = one(
        "logged_cost_usd", response_cost=0.0, response_cost_failure_debug_info={"e": 1}
    )
    assert got == (None,)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (1775001600.25, datetime(2026, 4, 1, 0, 0, 0, 250000)),
        (1795230563.464043, datetime(2026, 11, 21, 3, 9, 23, 464043)),
        ("2026-04-01 00:00:00.250000", datetime(2026, 4, 1, 0, 0, 0, 250000)),
        ("2026-04-01T02:00:00+02:00", datetime(2026, 4, 1)),
        ("2026-04-01T00:00:00Z", datetime(2026, 4, 1)),
        ("2026-04-01 05:30:00+0530", datetime(2026, 4, 1)),
    ],
)
def test_times_are_utc(one, start, expected):
    assert one("requested_at", startTime=start, endTime=None) == (expected,)


RESPONSE = "chatcmpl-Bx1kzQ0DkEmb7R2uTqyN5v"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": RESPONSE}, RESPONSE),
        ({"id": RESPONSE, "litellm_call_id": ...}, RESPONSE),
        # A hit repeats another call's response.
        ({"id": f"{RESPONSE}_cache_hit1795230563.46"}, f"call-1:{RESPONSE}"),
        ({"id": RESPONSE, "cache_hit": True}, f"call-1:{RESPONSE}"),
        (
            {"id": RESPONSE, "cache_hit": True, "litellm_call_id": ...},
            f"{RESPONSE}:1775001600250",
        ),
        # It is fetched, not made.
        ({"id": RESPONSE, "call_type": "aget_responses"}, f"call-1:{RESPONSE}"),
        # An id so short comes again.
        ({"id": "chatcmpl-554"}, "call-1:chatcmpl-554"),
        ({"id": "chatcmpl-554", "litellm_call_id": ...}, "chatcmpl-554:1775001600"),
        # No id of its own.
        ({"id": "call-1", "call_type": "aembedding"}, "call-1:1775001600"),
        ({"id": None}, "call-1:1775001600"),
        ({"id": "call-1", "status": "failure"}, "call-1:1775001600250"),
        (
            {"id": "call-1", "status": "failure", "litellm_call_id": ...},
            "call-1:1775001600250",
        ),
    ],
)
def test_an_attempt_is_known_by_what_both_of_its_records_say(one, changes, expected):
    assert one("request_id", **changes) == (expected,)


def test_naive_times_are_in_the_zone_of_the_rule(home, landed):
    home.path.joinpath("tollbook.toml").write_text(
        '[[inbox]]\nglob = "eu/*"\ntimezone = "Europe/Berlin"\ngateway = "eu-1"\n'
    )
    (home.inbox / "eu").mkdir()
    (home.inbox / "eu" / "a.ndjson").write_bytes(
        ndjson(record(startTime="2026-07-01 00:30:00", endTime=None))
    )
    load_inbox(open_home(home.path))
    assert landed("select requested_at, gateway from requests") == [
        (datetime(2026, 6, 30, 22, 30), "eu-1")
    ]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"stream": True, "completionStartTime": 1775001600.75}, (2_500_000, 500_000)),
        # Without streaming LiteLLM repeats endTime as the first token's time.
        ({"stream": None}, (2_500_000, None)),
        ({"endTime": 1775001600.0}, (None, None)),
    ],
)
def test_durations_mean_what_they_say(one, changes, expected):
    assert one("request_duration_us, ttft_us", **changes) == expected


def test_overhead_longer_than_the_record_is_another_attempts(one):
    assert one(
        "gateway_us, upstream_us", hidden_params={"litellm_overhead_time_ms": 500.5}
    ) == (500_500, 1_999_500)


def test_overhead_that_cannot_be_part_of_it_is_unknown(one):
    assert one(
        "gateway_us, upstream_us", hidden_params={"litellm_overhead_time_ms": 4758.6}
    ) == (None, None)


def test_tags_stay_one_value_and_lose_the_user_agent(one):
    got = one(
        "tags, environment, sdk_name, sdk_version",
        request_tags=["b", "env:prod", "a", "a", "User-Agent: curl"],
    )
    assert got == ('["a","b","env:prod"]', "prod", "openai-python", "1.99.0")


def test_parameters_keep_numbers_and_no_text(one):
    parameters = {"temperature": 0.5, "max_tokens": 9, "user": "jane", "stop": "secret"}
    assert one("params", model_parameters=parameters) == (
        '{"max_tokens":9,"temperature":0.5}',
    )


@pytest.mark.parametrize(
    "content",
    [
        lambda rows: ndjson(*rows),
        lambda rows: ndjson(*rows).rstrip(b"\n"),
        lambda rows: ndjson(*rows).replace(b"\n", b"\r\n"),
        lambda rows: ndjson(*rows).replace(b"\n", b"\n\n  \n"),
        lambda rows: b"\xef\xbb\xbf" + ndjson(*rows),
        lambda rows: ndjson(*rows).decode().encode("utf-16"),
        lambda rows: json.dumps(rows).encode(),
        lambda rows: json.dumps(rows, indent=2).encode(),
        lambda rows: b"\n".join(json.dumps(row, indent=1).encode() for row in rows),
        lambda rows: ndjson([rows[0]], [rows[1], rows[2]]),
        lambda rows: gzip.compress(ndjson(*rows)),
        lambda rows: gzip.compress(ndjson(rows[0])) + gzip.compress(ndjson(*rows[1:])),
        lambda rows: zstandard.compress(ndjson(*rows)),
        lambda rows: gzip.compress(json.dumps(rows).encode()),
    ],
)
def test_every_shape_of_file_gives_the_same_rows(load, landed, content):
    rows = [record(f"call-{n}") for n in range(3)]
    outcome = load(content(rows), "any name")
    assert (outcome.entry.read_count, outcome.entry.landed_count) == (3, 3)
    assert landed(
        "select logical_request_id, record_no, output_tokens from requests order by all"
    ) == [(f"call-{n}", n + 1, 200) for n in range(3)]


def test_single_object_is_a_file(load, landed):
    load(json.dumps(record(), indent=2).encode())
    assert landed("select logical_request_id from requests") == [("call-1",)]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        # Zero under one name, the number under another.
        (
            {
                "cache_read_input_tokens": 0,
                "prompt_tokens_details": {"cached_tokens": 400},
            },
            (600, 400, 0, 0, 0),
        ),
        ({"prompt_tokens_details": {"cache_write_tokens": 50}}, (950, 0, 0, 0, 50)),
        (
            {
                "cache_creation_input_tokens": 15,
                "cache_creation": {
                    "ephemeral_5m_input_tokens": 10,
                    "ephemeral_1h_input_tokens": 5,
                },
            },
            (985, 0, 10, 5, 0),
        ),
        ({"prompt_cache_hit_tokens": 7}, (993, 7, 0, 0, 0)),
        ({"input_tokens_details": {"cached_tokens": 7}}, (993, 7, 0, 0, 0)),
    ],
)
def test_other_names_of_cached_tokens(one, usage, expected):
    assert one(INPUT, metadata__usage_object=usage) == expected


def test_usage_of_the_response_serves_where_metadata_has_none(one):
    usage = {"prompt_tokens_details": {"cached_tokens": 400}}
    assert one(INPUT, response={"usage": usage}) == (600, 400, 0, 0, 0)


def test_an_abort_logged_as_failure_is_an_estimate_too(one):
    got = one(
        "token_basis, is_aborted",
        status="failure",
        error_information={"error_code": "499"},
    )
    assert got == ("estimated", True)


def test_what_is_no_word_is_unknown(one):
    got = one(
        "trace_id, model_requested, tags, params, end_user_id",
        trace_id=["prompt text"],
        model_group={"prompt": "text"},
        request_tags=[{"prompt": "text"}, ["text"], "fine"],
        end_user={"name": "x"},
        model_parameters={"reasoning_effort": {"summary": "text"}, "top_p": 1e400},
    )
    assert got == (None, "openai/gpt-4o", '["fine"]', None, None)


@pytest.mark.parametrize(
    "text",
    ["2025-01-24 09:20:46 UTC", " 2025-01-24T09:20:46Z ", "2025-01-24T09:20:46z"],
)
def test_utc_is_understood_in_any_spelling(home, landed, text):
    home.path.joinpath("tollbook.toml").write_text(
        '[[inbox]]\nglob = "*"\ntimezone = "Europe/Berlin"\n'
    )
    (home.inbox / "a").write_bytes(ndjson(record(startTime=text, endTime=None)))
    load_inbox(open_home(home.path))
    assert landed("select requested_at from requests") == [
        (datetime(2025, 1, 24, 9, 20, 46),)
    ]
