"""What several tests need: homes, LiteLLM records, the real captures, the command."""

import copy
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import settings

from loaders.home import Home, open_home
from loaders.inbox import load_inbox
from loaders.outcome import Outcome
from loaders.privacy import masked

# CI draws the same examples each time; developers explore.
settings.register_profile("tollbook", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("tollbook")

PROJECT = Path(__file__).resolve().parents[1]
SHARED = PROJECT.parent / "shared" / "data"
# What a projection may ask for.
GIVEN = {"gateway": "g", "timezone": "UTC", "salt": "salt"}

_RECORD: dict[str, Any] = {
    "id": "chatcmpl-1",
    "litellm_call_id": "call-1",
    "trace_id": "trace-1",
    "call_type": "acompletion",
    "cache_hit": None,
    "stream": None,
    "status": "success",
    "custom_llm_provider": "openai",
    "startTime": 1775001600.25,
    "endTime": 1775001602.75,
    "completionStartTime": 1775001602.75,
    "model": "openai/gpt-4o",
    "model_group": "gpt-4o",
    "model_id": "deployment-1",
    "api_base": "https://api.openai.com/v1",
    "prompt_tokens": 1000,
    "completion_tokens": 200,
    "response_cost": 0.0033775,
    "request_tags": ["env:prod", "User-Agent: x", "User-Agent: x/1"],
    "end_user": "",
    "user_agent": "openai-python/1.99.0 (linux)",
    "requester_ip_address": "198.51.100.7",
    "error_information": {"error_code": "", "error_class": "", "llm_provider": ""},
    "model_parameters": {"temperature": 0.5, "user": "someone"},
    "hidden_params": {"additional_headers": {}},
    "metadata": {
        "user_api_key_hash": "key-hash",
        "user_api_key_user_id": "jane@example.org",
        "user_api_key_team_id": "team-a",
        "user_api_key_org_id": "org-a",
        "user_api_key_request_route": "/v1/chat/completions",
        "usage_object": {},
    },
    "response": {"choices": [{"finish_reason": "stop"}]},
    "messages": [{"role": "user", "content": "never landed"}],
}


def changed(entry: dict[str, Any], **changes: object) -> dict[str, Any]:
    """A copy; `a__b=1` sets entry["a"]["b"], and `...` removes."""
    made = copy.deepcopy(entry)
    for path, value in changes.items():
        *parents, last = path.split("__")
        place = made
        for parent in parents:
            place = place.setdefault(parent, {})
        if value is ...:
            place.pop(last)
        else:
            place[last] = value
    return made


def record(call: str = "call-1", **changes: object) -> dict[str, Any]:
    """A LiteLLM record, changed as by `changed`."""
    named = _RECORD | {"litellm_call_id": call, "id": f"chatcmpl-{call}"}
    return changed(named, **changes)


def ndjson(*records: object) -> bytes:
    """One JSON text a line."""
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in records)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home of its own, without the library's prices: they take seconds."""
    (tmp_path / "home" / "inbox").mkdir(parents=True)
    (tmp_path / "home" / "tollbook.toml").write_text("[prices]\nlibrary = false\n")
    return open_home(tmp_path / "home")


@pytest.fixture
def load(home: Home) -> Callable[..., Outcome]:
    """Put bytes into the inbox under a name and load the inbox; that file's outcome."""

    def load(content: bytes, name: str = "a.ndjson", format_: str | None = None):
        path = home.inbox / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        found = load_inbox(home, (), format_)
        return next(o for o in found if o.name == masked(name))

    return load


@pytest.fixture
def landed(home: Home) -> Callable[[str], list[tuple[Any, ...]]]:
    """Query the live records of the lake as `requests`."""

    def landed(sql: str) -> list[tuple[Any, ...]]:
        from loaders.ledger import Ledger

        live = Ledger(home.lake).live
        files = (file for entry in live.values() for file in entry.files)
        paths = {file.path for file in files if file.stream == "gateway_requests"}
        files = [str(home.lake / path) for path in sorted(paths)]
        empty = home.lake.glob("gateway_requests/*/contract.parquet")
        with duckdb.connect() as con:
            con.execute("set TimeZone = 'UTC'")
            con.read_parquet(files or [str(next(empty))]).create_view("landed")
            con.execute("create table live as select unnest($1) as id", [list(live)])
            con.execute(
                "create view requests as from landed semi join live on load_id = id"
            )
            return con.execute(sql).fetchall()

    return landed


@pytest.fixture
def rows(
    landed: Callable[[str], list[tuple[Any, ...]]],
) -> Callable[[], list[dict[str, Any]]]:
    """Live records of the lake by column, in order of time."""

    def rows() -> list[dict[str, Any]]:
        names = [name for name, *_ in landed("describe requests")]
        found = landed("from requests order by requested_at, record_no")
        return [dict(zip(names, row, strict=True)) for row in found]

    return rows


@pytest.fixture
def rejected(home: Home) -> Callable[[], list[dict[str, Any]]]:
    """Quarantined records of live loads, in order."""

    def rejected() -> list[dict[str, Any]]:
        with duckdb.connect() as con:
            found = con.execute(
                "select * from read_parquet($1) order by load_id, record_no",
                [str(home.lake / "_quarantine" / "*" / "*.parquet")],
            )
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    return rejected


def tollbook(
    home: Home, *arguments: str, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run the command as a scheduler would."""
    return subprocess.run(
        [sys.executable, "-m", "nightly", *arguments, "--home", str(home.path)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env={**os.environ, **env},
        timeout=900,  # Spark starts slowly where others work too
    )


def published(home: Home, sql: str) -> list[tuple[Any, ...]]:
    """Ask the published books, as an analyst does."""
    with duckdb.connect(str(home.published / "tollbook.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


@pytest.fixture
def seed() -> str:
    """Of random worlds: `WORLD`, so that a failure can be had again, or a new one.

    One example of hypothesis would always be its simplest: 0.
    """
    drawn = "0" if "CI" in os.environ else str(random.SystemRandom().getrandbits(32))
    seed = os.environ.get("WORLD", drawn)
    print(f"WORLD={seed}")
    return seed


@pytest.fixture(scope="session")
def demo_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo company as README's first night has it, and what is true of it."""
    folder = tmp_path_factory.mktemp("world")
    done = tollbook(open_home(folder), "demo", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def demo_home(demo_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The demo company's home after one night; tests only read it."""
    home = open_home(tmp_path_factory.mktemp("demo") / "data")
    home.path.mkdir()
    for folder in ("inbox", "seeds"):
        (demo_world / folder).rename(home.path / folder)
    done = tollbook(home, "nightly")
    assert done.returncode == 0, done.stdout + done.stderr
    return home


@pytest.fixture(scope="session")
def shared() -> Path:
    """The real captures; absent outside the workplace that has them."""
    if not SHARED.exists():
        if os.environ.get("TOLLBOOK_REQUIRE_SHARED") == "1":
            pytest.fail("TOLLBOOK_REQUIRE_SHARED=1, but ../shared/data is not there")
        pytest.skip("the real captures (../shared/data) are not here")
    return SHARED
