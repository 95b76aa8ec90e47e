"""LiteLLM's spend rows: the same calls as its log, JSON inside text, and less said."""

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from loaders.formats import detect
from loaders.inbox import load_inbox
from tests.conftest import ndjson, record

METERS = (
    "input_uncached_tokens, cache_read_tokens, cache_write_5m_tokens, "
    "cache_write_1h_tokens, cache_write_other_tokens, output_tokens, reasoning_tokens, "
    "audio_input_tokens, audio_output_tokens, image_input_tokens, web_search_calls"
)
LOG = "gateway/litellm_live/slp_generic_api_ndjson.ndjson"
ROWS = "gateway/litellm_live/spendlogs_rows_success.ndjson"

METADATA = {
    "litellm_call_id": "call-1",
    "user_api_key": "key-hash",
    "usage_object": {"prompt_tokens_details": {"cached_tokens": 400}},
    "user_agent": "openai-python/1.99.0 (linux)",
    "original_model_group": "gpt-4o",
    "attempted_retries": 0,
    "attempted_fallbacks": 0,
    "error_information": None,
    "internal_call_origin": None,
}
ROW = {
    "request_id": "chatcmpl-1",
    "call_type": "acompletion",
    "api_key": "key-hash",
    "spend": 0.0033775,
    "total_tokens": 1200,
    "prompt_tokens": 1000,
    "completion_tokens": 200,
    "startTime": "2026-04-01 00:00:00.250000+00:00",
    "endTime": "2026-04-01 00:00:02.750000+00:00",
    "completionStartTime": "2026-04-01 00:00:02.750000+00:00",
    "model": "openai/gpt-4o",
    "model_id": "deployment-1",
    "model_group": "gpt-4o",
    "custom_llm_provider": "openai",
    "api_base": "https://api.openai.com/v1",
    "user": "",
    "cache_hit": "None",
    "request_tags": '["env:prod", "User-Agent: x"]',
    "team_id": "team-a",
    "organization_id": "org-a",
    "end_user": "",
    "requester_ip_address": "198.51.100.7",
    "messages": "{}",
    "response": "{}",
    "session_id": "trace-1",
    "status": "success",
}


def spend_row(said=None, /, **changes):
    """A row; `said` changes what its metadata says, and `...` removes."""
    row = {**ROW, "metadata": json.dumps({**METADATA, **(said or {})}), **changes}
    return {name: value for name, value in row.items() if value is not ...}


@pytest.fixture
def one(load, landed):
    """Land one row and give the columns asked for."""

    def one(sql, said=None, /, **changes):
        outcome = load(ndjson(spend_row(said, **changes)))
        assert outcome.entry.quarantined_by_reason == {}
        return landed(f"select {sql} from requests")[0]

    return one


def test_real_rows_say_what_the_log_says(home, landed, shared):
    (log, rows) = load_inbox(home, [shared / LOG, shared / ROWS])
    assert (log.entry.landed_count, rows.entry.landed_count) == (236, 200)
    assert rows.entry.quarantined_count == 0
    assert landed(
        "select source_format, count(*), count(distinct request_id) "
        "from requests group by all order by all"
    ) == [("litellm", 236, 236), ("litellm_spend_logs", 200, 200)]
    assert landed("select count(distinct request_id) from requests") == [(236,)]
    differing = f"""
        select request_id, logical_request_id, gateway, {METERS}, logged_cost_usd,
            requested_at, completed_at, api_key_id, developer_id, team_id, provider,
            model_served, is_gateway_cache_hit, tags, provider_response_id
        from requests
        where source_format = 'litellm_spend_logs'
        except
        select request_id, logical_request_id, gateway, {METERS}, logged_cost_usd,
            requested_at, completed_at, api_key_id, developer_id, team_id, provider,
            model_served, is_gateway_cache_hit, tags, provider_response_id
        from requests
        where source_format = 'litellm'
    """
    found = landed(differing)
    assert found == []


def test_real_rows_alone(home, landed, shared):
    load_inbox(home, [shared / ROWS])
    assert landed(
        "select sum(logged_cost_usd), sum(attempted_fallbacks)::int, "
        "sum(attempted_retries)::int from requests"
    ) == [(Decimal("0.43940549"), 13, 6)]


@pytest.mark.parametrize(
    "name", ["spend_logs_payload.json", "standard_logging_payload.json"]
)
def test_older_shapes_land_alike(home, landed, shared, name):
    file = shared / "gateway/litellm_fixtures" / name
    assert load_inbox(home, [file])[0].entry.landed_count == 1
    assert landed(
        "select requested_at, input_uncached_tokens, output_tokens, logged_cost_usd, "
        "api_key_id, tags, model_served from requests"
    ) == [
        (
            datetime(2025, 1, 24, 9, 20, 46, 847371),
            10,
            20,
            Decimal("0.000225"),
            None,
            None,
            "gpt-4o",
        )
    ]


CUT = {
    "not": lambda us: us,
    "truncated": lambda us: us // 1000 * 1000,
    "rounded": lambda us: (us + 500) // 1000 * 1000,
}


def cut(time, how):
    """A time as a column that keeps milliseconds gives it."""
    read = datetime.fromisoformat(time)
    return str(read + timedelta(microseconds=CUT[how](read.microsecond)) - timedelta(
        microseconds=read.microsecond))  # fmt: skip


@pytest.mark.parametrize("how", CUT)
@pytest.mark.parametrize("has_call_id", [True, False])
def test_real_rows_meet_the_log_whatever_the_dump_kept(
    home, load, landed, shared, how, has_call_id
):
    rows = [json.loads(line) for line in (shared / ROWS).read_bytes().splitlines()]
    for row in rows:
        row |= {name: cut(row[name], how) for name in ("startTime", "endTime")}
        if not has_call_id:
            metadata = json.loads(row["metadata"])
            del row["litellm_call_id"], metadata["litellm_call_id"]
            row["metadata"] = json.dumps(metadata)
    load((shared / LOG).read_bytes(), "log")
    load(ndjson(*rows), "rows")
    found = landed("select count(*), count(distinct request_id) from requests")
    # Only the call id tells which hit of a response a row is.
    hits = sum(row["cache_hit"] == "True" for row in rows)
    assert found == [(436, 236 if has_call_id else 236 + hits)]


ANSWER = "chatcmpl-Bx1kzQ0DkEmb7R2uTqyN5v"


@pytest.mark.parametrize("how", ["truncated", "rounded"])
@pytest.mark.parametrize(
    ("log", "row"),
    [
        ({"id": ANSWER}, {"request_id": ANSWER}),
        ({"id": ANSWER}, {"request_id": ANSWER, "metadata": "{}"}),
        ({"id": ANSWER, "litellm_call_id": ...}, {"request_id": ANSWER}),
        ({"id": "chatcmpl-5"}, {"request_id": "chatcmpl-5"}),
        (
            {"id": f"{ANSWER}_cache_hit17.51", "cache_hit": True},
            {"request_id": f"{ANSWER}_cache_hit17.53", "cache_hit": "True"},
        ),
        (
            {"id": "call-1", "call_type": "aembedding"},
            {"request_id": "call-1", "call_type": "aembedding", "metadata": "{}"},
        ),
    ],
)
def test_a_row_and_a_log_record_of_one_call_meet(load, landed, log, row, how):
    started = "2026-04-01 00:00:00.250777+00:00"
    load(ndjson(record(**{**log, "startTime": started})), "log")
    load(ndjson(spend_row(**{**row, "startTime": cut(started, how)})), "rows")
    assert landed("select count(*), count(distinct request_id) from requests") == [
        (2, 1)
    ]


def test_a_failure_meets_its_log_record_to_the_millisecond(load, landed):
    """LiteLLM's client of the database truncates."""
    started = "2026-04-01 00:00:00.250777+00:00"
    log = record(id="call-1", status="failure", startTime=started)
    row = spend_row(request_id="call-1", status="failure",
                    startTime=cut(started, "truncated"))  # fmt: skip
    load(ndjson(log), "log")
    load(ndjson(row), "rows")
    assert landed("select count(*), count(distinct request_id) from requests") == [
        (2, 1)
    ]


def test_a_row_lands(one):
    assert one(f"{METERS}, logged_cost_usd, tags, environment, sdk_name, ttft_us") == (
        *(600, 400, 0, 0, 0, 200, None, None, None, None, None),
        Decimal("0.0033775"),
        '["env:prod"]',
        "prod",
        "openai-python",
        None,
    )


def test_objects_may_be_objects(one):
    metadata = {**METADATA, "litellm_call_id": "call-2"}
    got = one("logical_request_id, cache_read_tokens, tags", None,
              metadata=metadata, request_tags=["a"])  # fmt: skip
    assert got == ("call-2", 400, '["a"]')


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "call-1"),
        ({"litellm_call_id": "call-top"}, "call-top"),
        ({"litellm_call_id": "", "request_id": "x"}, "call-1"),
        ({"metadata": "{}", "request_id": "chatcmpl-9_cache_hit17.5"}, "chatcmpl-9"),
        ({"metadata": None, "request_id": "chatcmpl-9"}, "chatcmpl-9"),
        ({"metadata": "", "request_id": "chatcmpl-9"}, "chatcmpl-9"),
    ],
)
def test_the_call_id_is_found(one, changes, expected):
    assert one("logical_request_id", **changes) == (expected,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("True", (True, "hit", "replayed_from_cache")),
        ("False", (False, "miss", "gateway_normalized")),
        ("None", (False, None, "gateway_normalized")),
        ("", (False, None, "gateway_normalized")),
        (None, (False, None, "gateway_normalized")),
    ],
)
def test_cache_hit_is_a_word(one, text, expected):
    got = one("is_gateway_cache_hit, cache_status, token_basis", cache_hit=text)
    assert got == expected


def test_empty_text_is_unknown(one):
    got = one(
        "api_key_id, team_id, end_user_id, developer_id, trace_id, deployment_id",
        {"user_api_key": ""},
        **dict.fromkeys(["api_key", "team_id", "session_id", "model_id"], ""),
    )
    assert got == (None,) * 6


def test_a_failure(one):
    error = {"error_code": "429", "error_class": "RateLimitError"}
    got = one(
        f"status_code, error_type, error_code, token_basis, {METERS}",
        {"error_information": error},
        status="failure",
        prompt_tokens=0,
        completion_tokens=0,
    )
    assert got == (429, "rate_limit", "RateLimitError", "missing", *[None] * 11)


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({}, 200),
        ({"status": "success"}, 200),
        ({"status": "failure", "error_information": {"error_code": "500"}}, 500),
    ],
)
def test_an_older_row_has_no_status(one, metadata, expected):
    assert one("status_code", metadata, status=None) == (expected,)


def test_an_aborted_stream(one):
    error = {"error_code": "499", "error_class": "ClientDisconnected"}
    got = one("is_aborted, token_basis", {"error_information": error})
    assert got == (True, "estimated")


def test_a_fallback_names_what_was_asked_for(one):
    got = one(
        "model_requested, model_served, attempted_retries, attempted_fallbacks",
        {
            "original_model_group": "big",
            "attempted_retries": 2,
            "attempted_fallbacks": 1,
        },
    )
    assert got == ("big", "gpt-4o", 2, 1)


@pytest.mark.parametrize(
    ("metadata", "request_id", "expected"),
    [
        ({}, "batch_1_batch_cost", ("batch", True)),
        ({}, "resp_1_background_cost", ("background", False)),
        ({"internal_call_origin": "guardrail_judge"}, "c", ("guardrail_judge", False)),
        ({}, "c", (None, False)),
    ],
)
def test_the_kind_of_job(one, metadata, request_id, expected):
    assert one("job_type, is_batch", metadata, request_id=request_id) == expected


def test_usage_is_where_it_is_said(one):
    for place in (
        {"metadata": json.dumps({"additional_usage_values": {
            "cache_read_input_tokens": 5}})},
        {"metadata": "{}", "response": json.dumps({
            "usage": {"cache_read_input_tokens": 5}})},
    ):  # fmt: skip
        assert one("cache_read_tokens", **place) == (5,)


def test_when_the_row_was_last_written(one):
    got = one("source_updated_at, service_tier",
              {"usage_object": {"service_tier": "flex"}},
              updated_at="2026-04-02 00:00:00+00:00")  # fmt: skip
    assert got == (datetime(2026, 4, 2), "flex")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"metadata": "{'a': 1}"}, "malformed_json:metadata"),
        ({"metadata": '{"a": '}, "malformed_json:metadata"),
        ({"metadata": "[]"}, "not_an_object:metadata"),
        ({"metadata": 5}, "not_an_object:metadata"),
        ({"request_tags": "{a"}, "malformed_json:request_tags"),
        ({"request_tags": "{}"}, "not_an_array:request_tags"),
        ({"spend": "free"}, "not_an_amount:spend"),
        ({"prompt_tokens": "many"}, "not_a_count:prompt_tokens"),
        ({"prompt_tokens": 399}, "negative:input_uncached_tokens"),
        ({"startTime": "yesterday"}, "not_a_time:startTime"),
        ({"status": "odd"}, "unknown_value:status"),
        ({"request_id": "None", "metadata": "{}"}, "missing:request_id"),
        (
            {"metadata": '{"usage_object": {"cache_read_input_tokens": "x"}}'},
            "not_a_count:usage.cache_read_input_tokens",
        ),
    ],
)
def test_a_row_that_is_unfit_is_refused_by_name(load, rejected, changes, reason):
    outcome = load(ndjson(spend_row(), spend_row(**changes)))
    assert (outcome.entry.landed_count, outcome.entry.quarantined_count) == (1, 1)
    assert [f"{row['reason']}:{row['field']}" for row in rejected()] == [reason]


@pytest.mark.parametrize(
    "content",
    [
        lambda rows: ndjson(*rows),
        lambda rows: json.dumps(rows).encode(),
        lambda rows: json.dumps(rows, indent=1).encode(),
        lambda rows: b"\n".join(json.dumps(row, indent=1).encode() for row in rows),
    ],
)
def test_every_shape_of_file_gives_the_same_rows(load, landed, content):
    rows = [spend_row(litellm_call_id=f"call-{n}") for n in range(3)]
    assert load(content(rows), "any name").entry.landed_count == 3
    assert landed("select logical_request_id, record_no from requests order by 1") == [
        (f"call-{n}", n + 1) for n in range(3)
    ]


def test_the_two_formats_are_told_apart(shared):
    for file, name in ((LOG, "litellm"), (ROWS, "litellm_spend_logs")):
        lines = (shared / file).read_bytes().splitlines()
        for line in lines:
            assert detect(line).name == name
            # A head that ends inside the first record.
            found = detect(line[: len(line) * 3 // 4])
            assert found is None or found.name == name
    # A spend row is known before its metadata ends.
    assert detect(lines[0][:800]).name == "litellm_spend_logs"
