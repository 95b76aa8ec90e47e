"""Bedrock's invocation log: cache on top, bodies of every kind, CloudWatch's wraps."""

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

BASE: dict[str, Any] = {
    "schemaType": "ModelInvocationLog",
    "schemaVersion": "1.0",
    "timestamp": "2026-04-01T00:00:02Z",
    "accountId": "123456789012",
    "identity": {"arn": "arn:aws:sts::123456789012:assumed-role/app-prod/i-0abc"},
    "region": "us-east-1",
    "inferenceRegion": "us-west-2",
    "requestId": "req-1",
    "operation": "Converse",
    "modelId": "us.anthropic.claude-sonnet-4-20250514-v1:0",
    "requestMetadata": {"team": "team-a", "project": "p-1"},
    "input": {
        "inputContentType": "application/json",
        "inputBodyJson": {"messages": [{"content": [{"text": CANARY}]}]},
        "inputTokenCount": 100,
        "cacheReadInputTokenCount": 4000,
        "cacheWriteInputTokenCount": 300,
    },
    "output": {
        "outputContentType": "application/json",
        "outputBodyJson": {
            "output": {"message": {"content": [{"text": CANARY}]}},
            "stopReason": "end_turn",
            "metrics": {"latencyMs": 302},
        },
        "outputTokenCount": 38,
    },
}
METERS = (
    "input_uncached_tokens, cache_read_tokens, cache_write_5m_tokens, "
    "cache_write_1h_tokens, cache_write_other_tokens, output_tokens, token_basis"
)


def sample(n: int) -> dict[str, Any]:
    """The n-th valid record; every fifth call failed."""
    made = changed(
        BASE,
        requestId=f"req-{n}",
        timestamp=f"2026-04-0{1 + n % 2}T{n % 24:02}:{n % 60:02}:07Z",
        operation=("Converse", "ConverseStream", "InvokeModel")[n % 3],
        input__inputTokenCount=n,
    )
    if n % 5 == 4:
        made |= {"input": {}, "output": {}, "errorCode": "ThrottlingException"}
    return made


@pytest.fixture
def one(load, landed):
    """Land one record and give the columns asked for."""

    def one(sql, **changes):
        outcome = load(ndjson(changed(BASE, **changes)))
        assert outcome.entry.quarantined_by_reason == {}
        return landed(f"select {sql} from requests")[0]

    return one


def test_an_invocation_says_who_called_what(one):
    assert one(
        "source_format, gateway, request_id, provider_response_id, requested_at, "
        "upstream_us, request_duration_us, ttft_us, status_code, is_streamed, "
        "operation, endpoint, region, team_id, project_id, provider, "
        "provider_account_hint, finish_reason, source_version, error_type"
    ) == (
        *("bedrock", "bedrock", "req-1", "req-1", datetime(2026, 4, 1, 0, 0, 2)),
        *(302_000, None, None, None, False, "chat", "Converse", "us-east-1"),
        *("team-a", "p-1", "bedrock", "123456789012", "end_turn", "1.0", None),
    )


def test_cached_tokens_come_on_top_of_the_input(one):
    assert one(METERS) == (100, 4000, 0, 0, 300, 38, "provider_reported")


def test_a_total_without_the_cache_says_that_it_lies_inside(one):
    assert one(
        METERS,
        input__inputTokenCount=5000,
        output__outputBodyJson={"usage": {"totalTokens": 5038}},
    ) == (700, 4000, 0, 0, 300, 38, "provider_reported")


def test_bodies_say_how_long_the_cache_lives(one):
    details = [{"ttl": "5m", "inputTokens": 180}, {"ttl": "1h", "inputTokens": 100}]
    body = {"usage": {"cacheDetails": details}}
    assert one(METERS, output__outputBodyJson=body) == (
        *(100, 4000, 180, 100, 20, 38, "provider_reported"),
    )


def test_an_invoked_model_keeps_its_own_words(one):
    body = {
        "stop_reason": "max_tokens",
        "content": [{"text": CANARY}],
        "usage": {"cache_creation": {"ephemeral_5m_input_tokens": 250}},
    }
    assert one(
        f"{METERS}, finish_reason, upstream_us, is_streamed, operation",
        operation="InvokeModel",
        output__outputBodyJson=body,
    ) == (
        100,
        4000,
        250,
        0,
        50,
        38,
        "provider_reported",
        "max_tokens",
        None,
        False,
        None,
    )


def test_a_stream_of_an_invoked_model_is_an_array_that_ends_in_a_word(one):
    body = [
        {
            "type": "message_start",
            "message": {
                "usage": {"cache_creation": {"ephemeral_1h_input_tokens": 300}}
            },
        },
        {"type": "content_block_delta", "delta": {"text": CANARY}},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        {
            "type": "message_stop",
            "amazon-bedrock-invocationMetrics": {
                "inputTokenCount": 100,
                "outputTokenCount": 38,
                "invocationLatency": 2100,
                "firstByteLatency": 450,
            },
        },
        "[DONE]",
    ]
    assert one(
        f"{METERS}, finish_reason, upstream_us, ttft_us, is_streamed",
        operation="InvokeModelWithResponseStream",
        output__outputBodyJson=body,
    ) == (
        *(100, 4000, 0, 300, 0, 38, "provider_reported", "end_turn"),
        *(2_100_000, 450_000, True),
    )


def test_counts_remain_where_texts_are_not_delivered(one):
    assert one(
        f"{METERS}, upstream_us",
        input={"inputTokenCount": 7},
        output={"outputTokenCount": 0},
    ) == (7, 0, 0, 0, 0, 0, "provider_reported", None)


@pytest.mark.parametrize(
    ("code", "error_type"),
    [
        ("ThrottlingException", "rate_limit"),
        ("ValidationException", "validation"),
        ("AccessDeniedException", "auth"),
        ("ModelTimeoutException", "timeout"),
        ("ServiceQuotaExceededException", "quota"),
        ("InternalServerException", "upstream"),
        ("NeverHeardOfException", "unknown"),
    ],
)
def test_a_failed_call_has_a_code_and_no_tokens(one, code, error_type):
    columns = f"error_code, error_type, status_code, {METERS}"
    assert one(columns, input={}, output={}, errorCode=code) == (
        *(code, error_type, None, *[None] * 6, "missing"),
    )


def test_a_guardrail_answers_with_no_tokens(one):
    assert one(
        f"{METERS}, error_type, finish_reason",
        input={"inputTokenCount": 0},
        output={
            "outputTokenCount": 0,
            "outputBodyJson": {"stopReason": "guardrail_intervened"},
        },
    ) == (0, 0, 0, 0, 0, 0, "provider_reported", None, "guardrail_intervened")


@pytest.mark.parametrize(
    ("model", "asked", "served", "operation"),
    [
        (
            "amazon.nova-lite-v1:0",
            "amazon.nova-lite-v1:0",
            "amazon.nova-lite-v1:0",
            None,
        ),
        ("apac.amazon.nova-v1:0", "apac.amazon.nova-v1:0", "amazon.nova-v1:0", None),
        (
            "arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0",
            *("cohere.embed-v4:0", "cohere.embed-v4:0", "embeddings"),
        ),
        (
            "arn:aws:bedrock:us-east-1:1:inference-profile/eu.amazon.nova-v1:0",
            *("eu.amazon.nova-v1:0", "amazon.nova-v1:0", None),
        ),
        (
            "arn:aws:bedrock:us-east-1:1:application-inference-profile/x1y2",
            *("x1y2", None, None),
        ),
    ],
)
def test_a_model_is_an_id_a_profile_or_an_arn(one, model, asked, served, operation):
    columns = "model_requested, model_served, operation, deployment_id"
    assert one(columns, modelId=model, operation="InvokeModel") == (
        *(asked, served, operation, model if model.startswith("arn:") else None),
    )


ACCOUNT = "arn:aws:iam::123456789012"
ROLES = "arn:aws:sts::123456789012:assumed-role"


@pytest.mark.parametrize(
    ("arn", "api_key_id", "is_person"),
    [
        (f"{ACCOUNT}:user/jane.doe", None, True),
        (f"{ROLES}/app/i-0abc", f"{ROLES}/app", False),
        (
            f"{ROLES}/AWSReservedSSO_Dev_1/jane.doe@example.org",
            f"{ROLES}/AWSReservedSSO_Dev_1",
            True,
        ),
        (f"{ACCOUNT}:user/BedrockAPIKey-7x", f"{ACCOUNT}:user/BedrockAPIKey-7x", False),
        (None, None, False),
    ],
)
def test_people_are_no_keys(one, home, arn, api_key_id, is_person):
    key, developer = one("api_key_id, developer_id", identity={"arn": arn})
    assert (key, developer is not None) == (api_key_id, is_person)
    assert "jane.doe" not in text_of(home)


def subscription(*records):
    """What CloudWatch Logs delivers to a subscriber."""
    return {
        "messageType": "DATA_MESSAGE",
        "owner": "123456789012",
        "logGroup": "bedrock",
        "logStream": "aws/bedrock/modelinvocations",
        "subscriptionFilters": ["all"],
        "logEvents": [
            {"id": str(n), "timestamp": 1775001600000 + n, "message": json.dumps(r)}
            for n, r in enumerate(records)
        ],
    }


def answered(*records):
    """What `aws logs filter-log-events` prints."""
    events = [
        {"timestamp": 1, "ingestionTime": 2, "eventId": "3", "message": json.dumps(r)}
        for r in records
    ]
    return {"events": events, "searchedLogStreams": []}


ROWS = f"select request_id, requested_at, {METERS} from requests order by request_id"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda *records: ndjson(subscription(*records)),
        lambda *records: ndjson(*(subscription(record) for record in records)),
        lambda *records: json.dumps(answered(*records), indent=1).encode(),
        lambda *records: ndjson(*answered(*records)["events"]),
        lambda *records: json.dumps(records).encode(),
        lambda *records: ndjson(*records),
    ],
)
def test_every_wrap_gives_the_same_rows(load, landed, wrap):
    outcome = load(wrap(sample(1), sample(2), sample(4)))
    assert (outcome.entry.format, outcome.entry.read_count) == ("bedrock", 3)
    rows = landed(ROWS)
    assert [row[0] for row in rows] == ["req-1", "req-2", "req-4"]
    assert [row[2:] for row in rows] == [
        (1, 4000, 0, 0, 300, 38, "provider_reported"),
        (2, 4000, 0, 0, 300, 38, "provider_reported"),
        (*[None] * 6, "missing"),
    ]


def test_what_else_a_log_group_holds_is_ignored(load):
    wrapped = subscription(sample(0), {"level": "info", "timestamp": 1775001600})
    wrapped["logEvents"].append({"id": "9", "timestamp": 1, "message": "START req-7"})
    control = {**subscription(), "messageType": "CONTROL_MESSAGE"}
    control["logEvents"] = [{"id": "", "timestamp": 1, "message": "CWL CONTROL"}]
    entry = load(ndjson(wrapped, control, {**subscription(), "x": 1})).entry
    assert (entry.read_count, entry.landed_count, entry.quarantined_count) == (5, 1, 0)
    assert entry.ignored_by_reason == {"not_an_invocation": 4}


def test_a_damaged_line_costs_itself_alone(load):
    content = ndjson(sample(0)) + b'{"schemaType": \n' + ndjson(sample(1))
    entry = load(content).entry
    assert (entry.landed_count, entry.quarantined_by_reason) == (
        2,
        {"malformed_json": 1},
    )


def test_no_prompt_lands(load, home):
    made = changed(
        BASE, requestMetadata__note=CANARY, requestMetadata__user="jane@example.org"
    )
    assert load(ndjson(made, subscription(made))).entry.landed_count == 2
    text = text_of(home)
    assert "canary-3141" not in text
    assert "jane@example.org" not in text


def test_real_record(home, landed, shared):
    file = shared / "gateway/bedrock/bedrock_invocation_mit.ndjson"
    entry = load_inbox(home, [file])[0].entry
    assert (entry.format, entry.read_count, entry.landed_count) == ("bedrock", 1, 1)
    assert landed(
        f"select requested_at, model_served, is_streamed, upstream_us, {METERS} "
        "from requests"
    ) == [
        (
            *(datetime(2025, 3, 11, 0, 38, 2), "amazon.nova-lite-v1:0", True, 302_000),
            *(4, 0, 0, 0, 0, 38, "provider_reported"),
        )
    ]


def test_recognised_by_content_alone():
    for content in (ndjson(sample(0)), ndjson(subscription(sample(0)))):
        found = detect(content)
        assert found is not None
        assert found.name == "bedrock"
    assert detect(b'{"events": [], "message": "x", "timestamp": 1}') is None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    events=st.recursive(
        st.one_of(st.none(), st.integers(), st.sampled_from(["{}", "[1]", "{", "x"])),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["message", "events", "id"]), inner)
        ),
        max_leaves=8,
    )
)
def test_whatever_a_wrapper_holds_loses_no_record(load, events):
    hostile = {**subscription(), "logEvents": events}
    entry = load(ndjson(hostile, subscription(sample(0)))).entry
    counted = entry.landed_count + entry.quarantined_count + entry.ignored_count
    assert (entry.landed_count, entry.read_count) == (1, counted)
