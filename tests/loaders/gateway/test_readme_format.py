"""The README's forty lines are a format: they land what a newcomer's gateway writes."""

import re

import pytest

import loaders.gateway
from loaders.gateway import calls
from tests.conftest import PROJECT, ndjson

RECORD = {
    "id": "call-1",
    "ts": 1778925600125,
    "took": 1.25,
    "model": "gpt-4o",
    "auth": {"key_id": "key-1"},
    "team": "team-a",
    "http": {
        "path": "/v1/threads/thread_abc123/messages?limit=2",
        "agent": "OpenAI/Python 1.99.0",
        "peer": "198.51.100.7",
        "status": 200,
    },
    "upstream": {
        "vendor": "anthropic",
        "usage": {"input_tokens": 3, "cache_read_input_tokens": 20, "output_tokens": 7},
    },
}


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """The format, from the words of the README alone."""
    readme = (PROJECT / "loaders" / "README.md").read_text()
    (fields,) = re.findall(r"```csv\n(word .*?)```", readme, re.DOTALL)
    (code,) = re.findall(r'```python\n("""Acme.*?)```', readme, re.DOTALL)
    (tmp_path / "acme.csv").write_text(fields)
    monkeypatch.setattr(calls, "_FOLDER", tmp_path)
    made: dict[str, object] = {}
    exec(code, made)  # noqa: S102
    formats = (*loaders.gateway.GATEWAY_FORMATS, made["ACME"])
    monkeypatch.setattr(loaders.gateway, "GATEWAY_FORMATS", formats)
    assert len((fields + code).splitlines()) <= 40


def test_a_newcomers_format_lands(acme, load, rows):
    assert load(ndjson(RECORD)).entry.format == "acme"
    (row,) = rows()
    assert (row["request_id"], row["gateway"]) == ("call-1", "acme")
    assert row["requested_at"].isoformat() == "2026-05-16T10:00:00.125000"
    assert (row["request_duration_us"], row["status_code"]) == (1_250_000, 200)
    assert (row["api_key_id"], row["team_id"]) == ("key-1", "team-a")
    assert row["endpoint"] == "/v1/threads/{id}/messages"
    assert (row["api_version"], row["sdk_name"]) == ("v1", "openai-python")
    assert row["sdk_version"] == "1.99.0"
    assert (row["runtime"], row["ip_family"]) == ("python", "ipv4")
    assert (row["input_uncached_tokens"], row["cache_read_tokens"]) == (3, 20)
    assert (row["output_tokens"], row["provider"]) == (7, "anthropic")


@pytest.mark.parametrize(
    ("usage", "refused"),
    [
        ("12 tokens", 1),
        ('{"prompt_tokens":5,', 1),
        ("", 0),
        (None, 0),
        ({"tokens_in": 5}, 0),
    ],
)
def test_a_usage_that_nobody_can_count_costs_no_other_record(
    acme, load, usage, refused
):
    odd = RECORD | {"id": "call-2", "upstream": {"vendor": "x", "usage": usage}}
    entry = load(ndjson(RECORD, odd)).entry
    assert (entry.landed_count, entry.quarantined_count) == (2 - refused, refused)
    # A shape that nobody knows is told.
    assert entry.unread_count == (1 if isinstance(usage, dict) else 0)
