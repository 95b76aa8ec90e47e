"""Envoy AI Gateway's JSON log, under the names of the project's examples or others."""

from datetime import datetime
from typing import Any

import pytest

from loaders.errors import SettingsError
from loaders.home import open_home
from loaders.inbox import load_inbox
from tests.conftest import ndjson


def envoy_ai_record(number: int = 1, **changes: object) -> dict[str, Any]:
    made = {
        ":authority": "api.example.org",
        "start_time": f"2026-05-1{6 + number % 2}T10:00:{number % 60:02}.125Z",
        "duration": 1526,
        "response_code": 200,
        "response_code_details": "via_upstream",
        "response_flags": "-",
        "method": "POST",
        "x-envoy-origin-path": "/v1/chat/completions",
        "x-envoy-upstream-service-time": "451",
        "x-request-id": f"req-{number}",
        "x-forwarded-for": "198.51.100.7",
        "user-agent": "openai-python/1.99.0",
        "upstream_host": "10.0.0.8:443",
        "bytes_received": 105,
        "bytes_sent": 432,
        "gen_ai.provider.name": "default/openai/route/r/rule/0/ref/0",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.usage.input_tokens": 2000 + number,
        "gen_ai.usage.cached_tokens": 1920,
        "gen_ai.usage.output_tokens": 300,
        "gen_ai.usage.total_tokens": 2300 + number,
        "gen_ai.prompt": "canary-text",
    }
    return made | changes


def _one(load, rows, **changes: object):
    assert load(ndjson(envoy_ai_record(**changes))).entry.landed_count == 1
    (row,) = rows()
    return row


def test_what_a_record_says(load, rows):
    row = _one(load, rows)
    assert (row["request_id"], row["source_format"]) == ("req-1", "envoy_ai")
    assert (row["request_duration_us"], row["upstream_us"]) == (1_526_000, 451_000)
    assert (row["model_requested"], row["model_served"]) == (
        "gpt-4o-mini",
        "gpt-4o-mini-2024-07-18",
    )
    # Cached tokens lie inside the input.
    assert (row["input_uncached_tokens"], row["cache_read_tokens"]) == (81, 1920)
    assert (row["output_tokens"], row["token_basis"]) == (300, "gateway_normalized")


def test_the_path_of_a_backend_is_no_provider(load, rows):
    row = _one(load, rows)
    assert row["provider"] is None
    assert row["deployment_id"] == "default/openai/route/r/rule/0/ref/0"


def test_counts_that_nobody_metered_are_missing(load, rows):
    nothing = {
        f"gen_ai.usage.{name}": None
        for name in ("input_tokens", "output_tokens", "total_tokens", "cached_tokens")
    }
    row = _one(load, rows, **nothing)
    assert (row["token_basis"], row["output_tokens"]) == ("missing", None)
    assert row["input_uncached_tokens"] is None


def test_a_client_that_left_was_no_failure_of_ours(load, rows):
    row = _one(load, rows, response_code=0, response_flags="DC")
    assert (row["status_code"], row["is_aborted"]) == (None, True)
    assert (row["error_type"], row["error_code"]) == ("aborted", "DC")


def test_the_address_of_a_peer_has_a_port(load, rows):
    row = _one(
        load,
        rows,
        **{"x-forwarded-for": None, "downstream_remote_address": "[2001:db8::7]:4711"},
    )
    assert row["ip_family"] == "ipv6"


def test_operators_choose_the_keys(home, rows):
    (home.path / "tollbook.toml").write_text(
        '[[inbox]]\nglob = "*"\nformat = "envoy_ai"\n[inbox.mapping]\n'
        'requested_at = "at"\nteam_id = "x-team | team"\nttft_ms = "a.b/c\'d"\n'
    )
    made = envoy_ai_record(at="2026-05-16T09:00:00Z", team="team-a")
    made["a.b"] = {"c'd": 125.5}
    del made["start_time"]
    (home.inbox / "a.log").write_bytes(ndjson(made))
    (found,) = load_inbox(open_home(home.path))
    assert (found.entry.landed_count, found.entry.unread_count) == (1, 0)
    (row,) = rows()
    assert (row["team_id"], row["ttft_us"]) == ("team-a", 125_500)
    assert row["requested_at"].hour == 9


def test_another_mapping_reads_the_file_anew(home, rows):
    rule = (
        '[[inbox]]\nglob = "*"\nformat = "envoy_ai"\n[inbox.mapping]\nteam_id = "{}"\n'
    )
    made = envoy_ai_record(x="team-x", y="team-y")
    (home.inbox / "a.log").write_bytes(ndjson(made))
    for key in ("x", "y", "x"):
        (home.path / "tollbook.toml").write_text(rule.format(key))
        load_inbox(open_home(home.path))
        (row,) = rows()
        assert row["team_id"] == f"team-{key}"


@pytest.mark.parametrize(
    "setting",
    ['mapping = "x"', "[inbox.mapping]\nteam_id = 3", "[inbox.mapping]\nx = 'y'"],
)
def test_a_mapping_that_makes_no_sense_is_named(home, setting):
    (home.path / "tollbook.toml").write_text(f'[[inbox]]\nglob = "*"\n{setting}\n')
    with pytest.raises(SettingsError, match="mapping"):
        open_home(home.path)


def test_the_examples_of_the_documentation_land(home, rows, shared):
    (found,) = load_inbox(home, list((shared / "gateway/envoy").iterdir()))
    assert (found.entry.landed_count, found.entry.quarantined_count) == (2, 0)
    assert [row["token_basis"] for row in rows()] == ["gateway_normalized", "missing"]


def test_a_line_that_a_client_quotes_is_no_format(load):
    quoted = '[2026-05-16T10:00:00Z] "GET / HTTP/1.1" 200 - x'
    records = [envoy_ai_record(1, **{"user-agent": quoted}), envoy_ai_record(2)]
    entry = load(ndjson(*records)).entry
    assert (entry.format, entry.landed_count) == ("envoy_ai", 2)


def test_a_dash_is_no_id(load, rows):
    dashes = {"x-request-id": "-", "gen_ai.usage.cached_tokens": "-"}
    entry = load(ndjson(*(envoy_ai_record(n, **dashes) for n in (1, 3)))).entry
    assert entry.landed_count == 2
    assert len({row["request_id"] for row in rows()}) == 2
    assert {row["id_basis"] for row in rows()} == {"content"}


@pytest.mark.parametrize(
    ("mapping", "record", "column", "value"),
    [
        (
            'request_duration_s = "duration"',
            {"duration": 2},
            "request_duration_us",
            2e6,
        ),
        (
            'requested_at_ms = "start_time"',
            {"start_time": 1778925600125},
            "requested_at",
            datetime(2026, 5, 16, 10, 0, 0, 125_000),
        ),
    ],
)
def test_the_operators_unit_leaves_no_other(home, rows, mapping, record, column, value):
    (home.path / "tollbook.toml").write_text(
        f'[[inbox]]\nglob = "*"\nformat = "envoy_ai"\nmapping = {{{mapping}}}\n'
    )
    (home.inbox / "a.log").write_bytes(ndjson(envoy_ai_record(1, **record)))
    (found,) = load_inbox(open_home(home.path))
    assert (found.entry.landed_count, found.entry.unread_count) == (1, 0)
    assert rows()[0][column] == value


def test_a_mapping_of_a_format_with_keys_of_its_own_is_named(home):
    (home.path / "tollbook.toml").write_text(
        '[[inbox]]\nglob = "*"\nformat = "envoy_text"\nmapping = {team_id = "x"}\n'
    )
    with pytest.raises(SettingsError, match="keys of its own"):
        open_home(home.path)
