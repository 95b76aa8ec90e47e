"""Every mart that Spark builds equals the one that DuckDB builds, row for row.

Both read the same lake. Rows, columns and types are compared by DuckDB, which reads the
Parquet that Spark wrote. A mart that is added joins by itself.
"""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import duckdb
import pytest

from loaders.demo import write_demo
from loaders.home import open_home
from loaders.inbox import load_inbox, load_prices
from tests.conftest import ndjson, record, tollbook
from tests.parity.conftest import SPARK

MONTHS_END = datetime(2026, 5, 1, tzinfo=UTC)
EMPTIED = "2026-04-20"
OF_EMPTIED = f"event_date = '{EMPTIED}'"
FAILURE = {"status": "failure", "error_information": {"error_code": "503"}}


def at(seconds, call, **changes):
    """A LiteLLM record of so many seconds after the end of April."""
    begin = MONTHS_END.timestamp() + seconds
    return record(call, startTime=begin, endTime=begin + 1.000001, **changes)


def spend_row(seconds, call):
    """The spend table's row of the same call: a copy of it."""
    begin = MONTHS_END + timedelta(seconds=seconds)
    return {
        "request_id": f"chatcmpl-{call}", "call_type": "acompletion",
        "api_key": "key-hash", "spend": 0.0033775, "prompt_tokens": 1000,
        "completion_tokens": 200, "total_tokens": 1200, "model": "openai/gpt-4o",
        "startTime": str(begin), "endTime": str(begin + timedelta(seconds=1)),
        "metadata": json.dumps({"litellm_call_id": call}), "status": "success",
        "request_tags": "[]", "messages": "{}", "response": "{}",
    }  # fmt: skip


def local(clock, call, **changes):
    """A record that says no zone, of the day that a rule moves."""
    return record(
        call, startTime=f"{EMPTIED} {clock}:00", endTime=f"{EMPTIED} {clock}:09",
        **changes,
    )  # fmt: skip


def write_world(home):
    for _ in write_demo(home.path, days=2, requests_a_day=50, is_home=True):
        pass
    files = {
        "litellm.ndjson": ndjson(
            at(-3, "retried", **FAILURE),
            at(2, "retried"),
            at(-7200, "logged twice"),
            at(-50, "tiny", response_cost=3e-12, metadata__user_api_key_team_id=None),
            at(-30, "new", model="openai/new-model", model_group="new-model"),
            at(-40, "unknown", response_cost=None, completionStartTime=None),
        )
        + b"{cut\n",
        "spend.ndjson": ndjson(spend_row(-7200, "logged twice"), spend_row(60, "row")),
        "moved/a.ndjson": ndjson(
            local("12:00", "again", **FAILURE), local("12:01", "again"),
            local("12:02", "copied"), local("12:03", "tiny", response_cost=1.000003e-6),
        ),
        "moved/b.ndjson": ndjson(local("12:02", "copied", user_agent="another/1.0")),
        "directory_api_keys.csv": b"api_key_id,team_id,valid_from\n"
        b"key-hash,team-b,2026-01-01\n",
        # A correction, and a team that changes hands at midnight.
        "directory_teams.csv": b"team_id,organization_id,cost_center_id,valid_from,"
        b"recorded_at\nteam-a,org-a,cc-1,2026-01-01,2026-01-01T00:00:00Z\n"
        b"team-a,org-a,cc-2,2026-01-01,2026-05-02T09:00:00.000001Z\n"
        b"team-a,org-a,cc-3,2026-05-01,2026-05-02T09:00:00Z\n",
        # Of no environment; those of the log name theirs.
        "directory_sources.csv": b"gateway,environment,source_format,valid_from\n"
        b"litellm,,litellm,2026-01-01\nlitellm,prod,litellm,2026-01-01\n",
    }  # fmt: skip
    for name, content in files.items():
        (home.inbox / name).parent.mkdir(exist_ok=True)
        (home.inbox / name).write_bytes(content)


def build(home):
    """Land what is new, and build it on both engines."""
    load_prices(open_home(home.path))
    load_inbox(open_home(home.path))
    for arguments in ((), ("--target", "spark")):
        done = tollbook(home, "build", *arguments, **SPARK)
        assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ask(home, sql):
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return con.execute(sql).fetchall()


def marts(home):
    """Schema and name of each."""
    path = home.build / "dbt" / "target" / "manifest.json"
    return {
        (node["schema"], node["name"])
        for node in json.loads(path.read_text())["nodes"].values()
        if node["resource_type"] == "model"
        and node["path"].startswith("marts/")
        # Python models run in dbt's process, for DuckDB alone.
        and node["language"] == "sql"
    }


def compared(home):
    """By mart: how many rows it has, and how the engines differ on it."""
    found = {}
    for schema, name in marts(home):
        folder = home.build / "spark" / "warehouse" / f"{schema}.db" / name
        books = f"{schema}.{name}"
        spark = f"read_parquet('{folder}/**/*.parquet', hive_partitioning = true)"
        columns = [
            ask(home, f"select column_name, column_type from (describe from {of})")
            for of in (books, spark)
        ]
        rows = (
            ask(home, f"from {one} except all from {other} limit 3")
            for one, other in ((books, spark), (spark, books))
        )
        differences = [*rows] if columns[0] == columns[1] else columns
        ((count,),) = ask(home, f"select count(*) from {books}")
        found[books] = count, [some for some in differences if some]
    return found


@pytest.fixture(scope="module")
def built(engines, tmp_path_factory):
    """A home whose books both engines have built."""
    home = open_home(tmp_path_factory.mktemp("parity"))
    write_world(home)
    assert "(all)" in build(home)
    return home


@pytest.fixture(scope="module")
def before(built):
    return compared(built)


@pytest.fixture(scope="module")
def audited(built):
    return tollbook(built, "audit", "--target", "spark", **SPARK)


@pytest.fixture(scope="module")
def after(built, before):
    """The same, after a file was read under another rule and its day emptied."""
    (built.path / "tollbook.toml").write_text(
        "[[inbox]]\nglob = 'moved/*'\ntimezone = 'Pacific/Kiritimati'\n"
    )
    held = ask(built, f"select * from usage.fct_attempts where {OF_EMPTIED}")
    assert len(held) == 4
    assert "built     2 days\n" in build(built)
    return compared(built)


def test_every_mart_is_the_same_on_both_engines(before):
    assert len(before) >= 16
    assert {name: found[1] for name, found in before.items() if found[1]} == {}


def test_the_world_fills_every_mart_and_has_what_engines_disagree_on(built, before):
    assert [name for name, (count, _) in before.items() if count == 0] == []

    def count(sql):
        return ask(built, f"select count(*) from {sql}")[0][0]

    attempts = "usage.fct_attempts where "
    assert ask(
        built, "select distinct source_format from usage.fct_attempts order by 1"
    ) == [("events",), ("litellm",), ("litellm_spend_logs",)]
    began_in_april = "logical_requested_at < '2026-05-01'"
    assert count(f"{attempts} {began_in_april} and event_date = '2026-05-01'") == 1
    assert count(f"{attempts} is_owner_disputed") >= 5
    assert count(f"{attempts} not is_counted") == 1
    assert count(f"{attempts} logged_cost_usd is null") >= 1
    assert count(f"{attempts} logged_cost_usd = 0.000000000003") == 1
    assert count(f"{attempts} epoch_us(completed_at) % 10 <> 0") >= 1
    assert count("intermediate.int_requests_superseded") == 2
    assert ask(
        built, "select cost_center_id from consumers.dim_teams "
        "where team_id = 'team-a' order by valid_from"
    ) == [("cc-2",), ("cc-3",)]  # fmt: skip
    (total,) = ask(built, "select sum(logged_cost_usd) from usage.agg_usage_hourly")[0]
    assert total != round(total, 11)
    assert isinstance(total, Decimal)
    assert count("costs.fct_cost_lines where rated_cost_usd > 0") >= 50
    assert count("costs.fct_cost_lines where gateway_cache_saved_usd > 0") >= 1


def test_every_data_test_passes_on_spark(audited):
    assert audited.returncode == 0, audited.stdout + audited.stderr
    assert " passed, " in audited.stdout


def test_a_day_that_became_empty_is_empty_on_both_engines(built, after):
    assert {name: found[1] for name, found in after.items() if found[1]} == {}
    held = ask(built, f"select * from usage.fct_attempts where {OF_EMPTIED}")
    assert held == []


def test_without_java_a_build_says_what_to_install(home):
    done = tollbook(home, "build", "--target", "spark", JAVA_HOME="nowhere")
    assert done.returncode == 2
    assert "install a JRE" in done.stderr
    assert not home.build.exists()
