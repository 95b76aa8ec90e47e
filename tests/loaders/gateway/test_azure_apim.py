"""Azure API Management: two halves of one request, in every wrapping."""

import json
from datetime import datetime
from typing import Any

import pytest

from loaders.formats import detect
from loaders.inbox import load_inbox
from tests.conftest import changed, ndjson
from tests.loaders.gateway.vendor import CANARY, text_of

GATEWAY_LOG: dict[str, Any] = {
    "Level": 4,
    "isRequestSuccess": True,
    "time": "2026-04-01T10:00:00.2501234Z",
    "operationName": "Microsoft.ApiManagement/GatewayLogs",
    "category": "GatewayLogs",
    "durationMs": 2500,
    "callerIpAddress": "198.51.100.7",
    "correlationId": "corr-1",
    "location": "East US",
    "properties": {
        "method": "POST",
        "url": "https://apim.example/openai/deployments/d/chat/completions?x=1",
        "backendUrl": "https://acct.openai.azure.com/openai/deployments/d",
        "backendResponseCode": 200,
        "responseCode": 200,
        "responseSize": 4096,
        "requestSize": 526,
        "cache": "none",
        "backendTime": 2400,
        "apiId": "llm-api",
        "productId": "gold",
        "userId": "jane@example.org",
        "apimSubscriptionId": "subscription-1",
        "requestHeaders": {"User-Agent": "openai-python/1.99.0"},
    },
}
LLM_LOG: dict[str, Any] = {
    "time": "2026-04-01T10:00:00.2501234Z",
    "category": "GatewayLlmLogs",
    "correlationId": "corr-1",
    "location": "East US",
    "properties": {
        "promptTokens": 100,
        "completionTokens": 20,
        "totalTokens": 120,
        "deploymentName": "gpt-4o-eu",
        "modelName": "gpt-4o-2024-08-06",
        "isStreamCompletion": False,
        "requestId": "chatcmpl-1",
        "sequenceNumber": 0,
        "apiVersion": "2024-10-21",
    },
}


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """The same as Log Analytics exports it."""
    made = {
        "TimeGenerated": record["time"],
        "Type": "ApiManagement" + record["category"],
    }
    renamed = {"location": "Region", "durationMs": "TotalTime"}
    apart = ("time", "category", "properties", "Level")
    named = {key: val for key, val in record.items() if key not in apart}
    for key, value in (named | record["properties"]).items():
        made[renamed.get(key, key[0].upper() + key[1:])] = value
    return made


def sample(n: int) -> dict[str, Any]:
    """The n-th record: either half, in either wrapping."""
    base = (GATEWAY_LOG, LLM_LOG)[n % 2]
    made = changed(
        base,
        correlationId=f"corr-{n // 2}",
        time=f"2026-04-{1 + n % 2:02}T10:{n % 60:02}:00.1234567Z",
    )
    if n % 2:
        made["properties"]["promptTokens"] = n
    else:
        made["properties"]["responseCode"] = (200, 429, 500)[n % 3]
    return (made, flat(made), {"records": [made]})[n // 2 % 3]


@pytest.fixture
def one(load, landed):
    """Land one record and give the columns asked for."""

    def one(sql, record):
        entry = load(ndjson(record)).entry
        assert (entry.landed_count, entry.quarantined_by_reason) == (1, {})
        return landed(f"select {sql} from requests")[0]

    return one


def test_the_gateways_half_says_who_what_and_when(one):
    got = one(
        "request_id, requested_at, request_duration_us, upstream_us, status_code, "
        "error_type, method, service, api_key_id, plan_id, length(developer_id), "
        "region, upstream_host, provider, request_bytes, response_bytes, "
        "is_gateway_cache_hit, ip_family, operation, token_basis",
        GATEWAY_LOG,
    )
    assert got == (
        "corr-1",
        datetime(2026, 4, 1, 10, 0, 0, 250_123),
        2_500_000,
        2_400_000,
        200,
        None,
        "POST",
        "llm-api",
        "subscription-1",
        "gold",
        32,
        "East US",
        "acct.openai.azure.com",
        "azure.ai.openai",
        526,
        4096,
        False,
        "ipv4",
        "chat",
        "missing",
    )


def test_the_models_half_says_what_was_used(one):
    got = one(
        "request_id, requested_at, model_requested, model_served, deployment_id, "
        "provider_response_id, is_streamed, input_uncached_tokens, output_tokens, "
        "token_basis, status_code, request_duration_us",
        LLM_LOG,
    )
    assert got == (
        "corr-1",
        datetime(2026, 4, 1, 10, 0, 0, 250_123),
        "gpt-4o-eu",
        "gpt-4o-2024-08-06",
        "gpt-4o-eu",
        "chatcmpl-1",
        False,
        100,
        20,
        "provider_reported",
        None,
        None,
    )


WRAPPINGS = {
    "lines": lambda records: ndjson(*records),
    "array": lambda records: json.dumps(records, indent=1).encode(),
    "records": lambda records: ndjson({"records": records}),
    "laid out": lambda records: json.dumps({"records": records}, indent=1).encode(),
    "text": lambda records: ndjson(
        *({**each, "properties": json.dumps(each["properties"])} for each in records)
    ),
    "flat": lambda records: ndjson(*map(flat, records)),
}


@pytest.mark.parametrize("records", [[GATEWAY_LOG], [LLM_LOG], [GATEWAY_LOG, LLM_LOG]])
def test_every_wrapping_gives_the_same_rows(home, landed, records):
    for name, wrapped in WRAPPINGS.items():
        (home.inbox / f"{name}.json").write_bytes(wrapped(records))
    for outcome in load_inbox(home):
        assert (outcome.name, outcome.entry.format) == (outcome.name, "azure_apim")
        assert outcome.entry.landed_count == len(records), outcome.name
    rows = landed(
        "select copies from (select * exclude (load_id, record_no), "
        "count(*) as copies from requests group by all)"
    )
    assert rows == [(len(WRAPPINGS),)] * len(records)


def test_both_halves_are_one_attempt(load, landed):
    load(ndjson(LLM_LOG), name="llm.json")
    load(ndjson(GATEWAY_LOG), name="gateway.json")
    assert landed("select count(distinct request_id), count(*) from requests") == [
        (1, 2)
    ]


@pytest.mark.parametrize(
    "properties",
    [
        {"deploymentName": "", "sequenceNumber": 1, "requestMessages": "[...]"},
        {"deploymentName": "", "promptTokens": 0, "completionTokens": 0}
        | {"totalTokens": 0, "sequenceNumber": 2},
    ],
)
def test_the_rest_of_a_long_message_is_no_call(load, properties):
    rest = LLM_LOG | {"properties": properties}
    entry = load(ndjson(LLM_LOG, rest)).entry
    assert (entry.landed_count, entry.ignored_by_reason) == (1, {"split_message": 1})


def test_a_call_of_a_model_without_a_deployment_counts(one):
    record = changed(LLM_LOG, properties__deploymentName="")
    assert one("output_tokens", record) == (20,)


def test_zero_tokens_of_a_call_are_unknown(one):
    record = changed(
        LLM_LOG,
        properties__promptTokens=0,
        properties__completionTokens=0,
        properties__totalTokens=0,
    )
    assert one("input_uncached_tokens, output_tokens, token_basis", record) == (
        None,
        None,
        "missing",
    )


def test_no_output_after_a_prompt_is_zero(one):
    record = changed(LLM_LOG, properties__completionTokens=0)
    assert one("output_tokens, token_basis", record) == (0, "provider_reported")


def test_a_count_that_is_none_is_refused(load, rejected):
    load(ndjson(changed(LLM_LOG, properties__promptTokens="many")))
    assert [(row["reason"], row["field"]) for row in rejected()] == [
        ("not_a_count", "input_tokens")
    ]


def test_tokens_of_streams_are_the_gateways_estimate(one):
    record = changed(LLM_LOG, properties__isStreamCompletion=True)
    assert one("is_streamed, token_basis", record) == (True, "estimated")


@pytest.mark.parametrize(
    ("model", "prompt", "cached", "uncached"),
    [("gpt-4o", 100, 60, 40), ("claude-opus", 100, 60, 100), ("x", 26, 48854, 26)],
)
def test_the_cache_is_inside_the_prompt_or_on_top_of_it(
    one, model, prompt, cached, uncached
):
    record = changed(
        LLM_LOG,
        properties__modelName=model,
        properties__promptTokens=prompt,
        properties__promptCachedTokens=cached,
    )
    got = one("input_uncached_tokens, cache_read_tokens", record)
    assert got == (uncached, cached)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"responseCode": 429, "backendResponseCode": None}, (429, "rate_limit")),
        ({"responseCode": 403, "lastErrorReason": "QuotaExceeded"}, (403, "quota")),
        (
            {"responseCode": 401, "lastErrorReason": "SubscriptionKeyInvalid"},
            (401, "auth"),
        ),
        ({"responseCode": 500, "backendResponseCode": 500}, (500, "upstream")),
        ({"responseCode": 500, "backendResponseCode": None}, (500, "gateway")),
        ({"responseCode": 0}, (None, "aborted")),
        ({"lastErrorReason": "ClientConnectionFailure"}, (200, "aborted")),
    ],
)
def test_errors_are_told_apart(one, changes, expected):
    record = changed(GATEWAY_LOG, isRequestSuccess=False)
    record["properties"] |= changes
    assert one("status_code, error_type", record) == expected


def test_negative_durations_are_unknown(one):
    record = changed(GATEWAY_LOG, durationMs=-5, properties__backendTime=-1)
    assert one("request_duration_us, upstream_us", record) == (None, None)


def test_a_hit_of_the_gateways_cache_is_told(one):
    record = changed(GATEWAY_LOG, properties__cache="hit")
    assert one("is_gateway_cache_hit, cache_status", record) == (True, "hit")


@pytest.mark.parametrize(
    ("record", "ignored", "quarantined"),
    [
        (LLM_LOG | {"category": "RequestResponse"}, {"other_category": 1}, {}),
        (LLM_LOG | {"category": "WebSocketConnectionLogs"}, {"other_category": 1}, {}),
        ({"records": []}, {"no_records": 1}, {}),
        ({"records": [None, 5, "x"]}, {}, {"not_an_object": 3}),
        ({"records": {}}, {"no_records": 1}, {}),
        ([1], {}, {"not_an_object": 1}),
        (LLM_LOG | {"time": ...}, {}, {"missing": 1}),
    ],
)
def test_what_is_no_request_takes_none_along(load, record, ignored, quarantined):
    if isinstance(record, dict):
        record = {key: val for key, val in record.items() if val is not ...}
    entry = load(ndjson(LLM_LOG, record, GATEWAY_LOG)).entry
    assert entry.landed_count == 2
    assert entry.ignored_by_reason == ignored
    assert entry.quarantined_by_reason == quarantined


@pytest.mark.parametrize("properties", [None, 5, "x", "{", [], {}, "[1]"])
def test_properties_of_another_shape_cost_no_row(one, properties):
    record = GATEWAY_LOG | {"properties": properties}
    assert one("request_id, status_code", record) == ("corr-1", None)


def test_halves_that_a_query_joined_are_one_row(one):
    joined = flat(GATEWAY_LOG) | flat(LLM_LOG)
    got = one("status_code, api_key_id, output_tokens, token_basis", joined)
    assert got == (200, "subscription-1", 20, "provider_reported")


def test_a_long_record_among_many_is_read(load):
    body = json.dumps({f"k{n}": "v" * 4000 for n in range(250)})
    long = LLM_LOG | {"properties": json.dumps(LLM_LOG["properties"] | {"x": body})}
    assert load(ndjson({"records": [long] * 20})).entry.landed_count == 20


def test_other_files_are_not_taken_for_logs_of_the_gateway():
    assert detect(b'{"records": [{"id": 1}]}') is None
    assert detect(b'{"CorrelationId": "x", "time": 1}') is None


def test_no_text_of_a_client_lands(load, home):
    made = changed(
        LLM_LOG,
        properties__requestMessages=f'[{{"content": "{CANARY}"}}]',
        properties__responseMessages=CANARY,
    )
    logged = changed(
        GATEWAY_LOG,
        properties__backendRequestBody=CANARY,
        properties__responseBody=CANARY,
        properties__requestBody=CANARY,
        properties__lastErrorMessage=CANARY,
        properties__errors=[{"message": CANARY}],
        properties__requestHeaders={"x": CANARY},
        properties__url=f"https://apim.example/chat?q={CANARY}",
    )
    bad = made | {"time": CANARY}
    load(ndjson(made, logged, bad, flat(logged)))
    text = text_of(home)
    assert "canary" not in text.lower()
    assert "jane@example.org" not in text
