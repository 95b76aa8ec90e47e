"""Whole nights, as a scheduler runs them."""

import fcntl
import gzip
import json
import shutil
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from loaders.home import open_home
from loaders.ledger import Ledger
from nightly.warehouse import begin_build, end_build
from tests.conftest import ndjson, published, record, tollbook

MIDNIGHT = 1775088000  # 2026-04-02 00:00 UTC


@pytest.fixture
def night(home):
    """Put files into the inbox, run a night, and check how it ended."""

    def night(expected=0, **files):
        for name, content in files.items():
            (home.inbox / name).write_bytes(content)
        done = tollbook(home, "nightly")
        assert done.returncode == expected, done.stdout + done.stderr
        return done.stdout

    return night


def every_mart(home):
    """Rows of every published mart, in order."""
    tables = published(
        home, "select schema_name || '.' || table_name from duckdb_tables() order by 1"
    )
    return {name: published(home, f"from {name} order by all") for (name,) in tables}


@pytest.mark.parametrize("spend_rows", ["alone", "with_spend_rows"])
def test_the_real_capture_gives_its_numbers(home, shared, spend_rows):
    folder = shared / "gateway/litellm_live"
    files = [folder / "slp_generic_api_ndjson.ndjson"]
    if spend_rows == "with_spend_rows":
        # 200 copies of calls that the log has too, and they come first.
        files.insert(0, folder / "spendlogs_rows_success.ndjson")
    for file in files:
        assert tollbook(home, "load", str(file)).returncode == 0
    assert tollbook(home, "nightly").returncode == 0
    ask = lambda sql: published(home, sql)  # noqa: E731
    assert ask("select count(*) from usage.fct_attempts") == [(236,)]
    assert ask(
        "select outcome, count(*) from usage.fct_logical_requests group by 1 order by 1"
    ) == [("aborted", 12), ("failed", 20), ("succeeded", 188)]
    assert ask(
        "select count(*) from usage.fct_attempts where is_gateway_cache_hit"
    ) == [(12,)]
    assert ask(
        "select count(*) from usage.fct_logical_requests "
        "where recorded_attempt_count = 2"
    ) == [(16,)]
    assert ask(
        """
        select count(distinct api_key_id), count(distinct team_id),
            count(distinct organization_id), count(*) filter (provider is null),
            count(*) filter (team_id is null), sum(logged_cost_usd)
        from usage.fct_attempts
        """
    ) == [(13, 3, 2, 4, 3, Decimal("0.43940549"))]
    assert ask(
        """
        select team_id, sum(logged_cost_usd) from usage.agg_usage_hourly
        where team_id is not null group by 1 order by 1
        """
    ) == [
        ("team-labs", Decimal("0.04571316")),
        ("team-search", Decimal("0.28460990")),
        ("team-support", Decimal("0.10908243")),
    ]
    tokens = """
        select provider,
            sum(input_uncached_tokens + cache_read_tokens + cache_write_5m_tokens
                + cache_write_1h_tokens + cache_write_other_tokens)::int,
            sum(output_tokens)::int
        from usage.agg_usage_hourly where provider is not null {} group by 1 order by 1
    """
    assert ask(tokens.format("")) == [
        ("anthropic", 56383, 3885),
        ("openai", 38628, 13758),
    ]
    assert ask(tokens.format("and not is_gateway_cache_hit")) == [
        ("anthropic", 56383, 3885),
        ("openai", 36004, 13536),
    ]


def test_running_again_changes_nothing(home, night):
    night(a=ndjson(record("a"), record("b")))
    before, run = every_mart(home), home.published.resolve()
    ledger = {p.name: p.read_bytes() for p in (home.lake / "_loads").iterdir()}
    out = night()
    assert "0 new, 1 known" in out
    assert home.published.resolve() == run
    assert every_mart(home) == before
    assert {p.name: p.read_bytes() for p in (home.lake / "_loads").iterdir()} == ledger


def test_a_test_that_warns_stops_no_night(home, night):
    # A client's constant for an id, and two requests at one moment.
    asked = [
        record("constant", id=f"chatcmpl-constant-{n:04}", startTime=at, endTime=at + 1)
        for n, at in enumerate([MIDNIGHT, *(MIDNIGHT + 3600 * n for n in range(12))])
    ]
    out = night(a=ndjson(*asked))
    assert "warned    assert_logical_request_ids_rest: 1 rows" in out
    assert published(
        home, "select count(*), count(distinct logical_request_id), "
        "max(recorded_attempt_count) from usage.fct_logical_requests"
    ) == [(13, 13, 1)]  # fmt: skip


def test_night_by_night_equals_one_full_build(home, night):
    def at(call, second, **changes):
        return record(
            call, startTime=MIDNIGHT + second, endTime=MIDNIGHT + second + 1, **changes
        )

    failure = {"status": "failure", "error_information": {"error_code": "503"}}
    first_try = at("retried", -2, **failure)
    evening = ndjson(at("x", -7200), at("reused", -9000), first_try)
    again = at("reused", 20, id="chatcmpl-another")
    morning = ndjson(at("retried", 3), again, at("y", 7200), at("x", -7200))
    night(evening=evening)
    assert published(
        home, "select outcome from usage.fct_logical_requests "
        "where logical_request_id = 'retried'"
    ) == [("failed",)]  # fmt: skip
    # The second day changes the first: its retry ends there.
    night(morning=gzip.compress(morning))
    assert published(
        home,
        "select outcome, recorded_attempt_count, end_to_end_us, event_date::varchar "
        "from usage.fct_logical_requests where logical_request_id = 'retried'",
    ) == [("succeeded", 2, 6_000_000, "2026-04-01")]
    # The same id after hours of rest is another request; the copy of x is not.
    assert published(
        home,
        "select logical_request_id, count(*) from usage.fct_logical_requests "
        "group by 1 order by 1",
    ) == [("retried", 1), ("reused", 2), ("x", 1), ("y", 1)]
    # A file that grew, a late one, one of far away, and a cut line.
    night(
        evening=evening + ndjson(at("z", -100)),
        late=ndjson(at("late", -86400 * 3), at("old", -86400 * 40)) + b"{cut\n",
        expected=4,
    )
    by_night = every_mart(home)
    assert tollbook(home, "build", "--full").returncode == 0
    assert tollbook(home, "audit", "--full").returncode == 0
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        for name, rows in by_night.items():
            assert con.execute(f"from {name} order by all").fetchall() == rows, name
    assert len(by_night["usage.fct_attempts"]) == 9


def test_a_failing_test_keeps_yesterday_published_until_it_passes(home, night):
    night(a=ndjson(record("a")))
    entry = next((home.lake / "_loads").iterdir())
    text = entry.read_text()
    entry.write_text(text.replace('"read_count": 1', '"read_count": 2'))
    out = night(expected=3, b=ndjson(record("b")))
    assert "assert_loads_balance" in out
    assert published(home, "select count(*) from usage.fct_attempts") == [(1,)]
    # Not cured by waiting, nor by other days.
    night(expected=3, c=ndjson(record("c", startTime=MIDNIGHT + 9e6, endTime=None)))
    assert json.loads(tollbook(home, "status", "--json").stdout)["unaudited_days"]
    entry.write_text(text)
    night()
    assert published(home, "select count(*) from usage.fct_attempts") == [(3,)]


def test_files_that_nobody_knows_and_many_rejects_end_with_4(home, night):
    out = night(expected=4, a=ndjson(record("a")), notes=b"hello\nworld\n")
    assert "unknown   notes" in out
    assert published(home, "select count(*) from usage.fct_attempts") == [(1,)]
    (home.inbox / "notes").unlink()
    out = night(expected=4, b=ndjson(record("b")) + b"{cut\n")
    assert "1 × malformed_json in b" in out
    assert "1 of 2 records were rejected" in out
    assert published(
        home, "select source_path, line_no, reason from quality.fct_rejected_records"
    ) == [("b", 2, "malformed_json")]


def test_a_night_without_any_file_publishes_empty_books(home, night):
    night()
    marts = every_mart(home)
    assert set(map(len, marts.values())) == {0}
    assert "usage.fct_attempts" in marts
    assert tollbook(home, "build", "--full").returncode == 0
    night(a=ndjson(record("a")))
    assert published(home, "select count(*) from usage.fct_attempts") == [(1,)]


def test_changed_code_builds_everything_anew(home, night):
    night(a=ndjson(record("a")))
    end_build(home.warehouse, "another code", Ledger(home.lake).live, {})
    assert "(all)" in night()


def test_a_changed_rule_table_changes_what_is_derived_and_no_day(home, night):
    rules = home.path / "seeds" / "costs"
    rules.mkdir(parents=True)

    def write(budget):
        header = "budget_id,name,scope,scope_id,monthly_budget_usd,valid_from,"
        row = f"b,,all,,{budget},2026-01-01,,\n"
        (rules / "budgets.csv").write_text(f"{header}valid_before,source\n{row}")

    budgets = "select distinct budget_usd from costs.agg_budget_daily"
    write(1)
    assert "(all)" in night(a=ndjson(record("a")))
    assert published(home, budgets) == [(Decimal(1),)]
    write(2)
    told = night()
    assert "built     0 days\n" in told
    assert "(new books" in told
    assert published(home, budgets) == [(Decimal(2),)]
    assert "(new books" not in night()
    write("two")
    assert "budgets.csv line 2 monthly_budget_usd: not a decimal" in (
        tollbook(home, "build").stderr
    )
    night(expected=2)
    assert published(home, budgets) == [(Decimal(2),)]
    (rules / "budgets.csv").unlink()
    assert "built     0 days\n" in night()
    assert published(home, budgets) == []


def test_a_build_that_was_killed_is_built_again(home, night):
    night(a=ndjson(record("a")))
    (home.inbox / "b").write_bytes(ndjson(record("b")))
    assert tollbook(home, "load").returncode == 0
    # As a kill between the models leaves it: some tables new, the note still old.
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("delete from usage.fct_attempts")
    night()
    assert published(home, "select count(*) from usage.fct_attempts") == [(2,)]


def test_an_unfinished_build_is_neither_audited_nor_published(home, night):
    night(a=ndjson(record("a")))
    begin_build(home.warehouse, [date(2026, 4, 1)])
    for step in ("audit", "publish"):
        done = tollbook(home, step)
        assert done.returncode == 3, step
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("delete from usage.fct_attempts")
    (home.build / "audit.json").write_text("")
    night()
    assert published(home, "select count(*) from usage.fct_attempts") == [(1,)]


def test_what_a_full_audit_found_is_not_forgotten(home, night):
    night(a=ndjson(record("a")))
    with duckdb.connect(str(home.warehouse)) as con:
        con.execute("update usage.fct_attempts set logged_cost_usd = 7")
    assert tollbook(home, "audit", "--full").returncode == 3
    later = ndjson(record("b", startTime=MIDNIGHT + 9e6, endTime=None))
    assert "assert_hours_sum_to_days" in night(expected=3, b=later)
    assert tollbook(home, "build", "--full").returncode == 0
    night()
    assert published(home, "select count(*) from usage.fct_attempts") == [(2,)]


def test_two_runs_at_once_are_one_run(home):
    with (home.path / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = tollbook(home, "nightly")
        assert done.returncode == 5
        assert "another run" in done.stderr
        status = json.loads(tollbook(home, "status", "--json").stdout)
        assert status["is_running"]
    assert not json.loads(tollbook(home, "status", "--json").stdout)["is_running"]


def test_wrong_usage_ends_with_2(home):
    assert tollbook(home, "load", "--format", "nonsense").returncode == 2
    assert tollbook(home, "load", "missing").returncode == 2
    assert tollbook(home, "nonsense").returncode == 2
    assert tollbook(home, "demo").returncode == 2
    (home.path / "tollbook.toml").write_text("[nigt]\n")
    done = tollbook(home, "nightly")
    assert done.returncode == 2
    assert "unknown setting 'nigt'" in done.stderr


def test_status_says_what_waits(home):
    (home.inbox / "a").write_bytes(ndjson(record("a")))
    before = json.loads(tollbook(home, "status", "--json").stdout)
    assert before["waiting_files"] == ["a"]
    assert before["published"] is None
    assert tollbook(home, "load").returncode == 0
    loaded = json.loads(tollbook(home, "status", "--json").stdout)
    assert (loaded["waiting_files"], loaded["unbuilt_loads"]) == ([], 1)


def test_steps_out_of_order_say_what_is_missing(home):
    assert "tollbook build" in tollbook(home, "audit").stderr
    assert "tollbook build" in tollbook(home, "publish").stderr


def test_the_demo_is_only_written_into_a_new_home(demo_home, tmp_path):
    first = sorted(p for p in demo_home.inbox.rglob("*") if p.is_file())
    assert first
    assert tollbook(demo_home, "demo", "--first-night").stdout == ""
    manifest = json.loads((demo_home.published / "tollbook.json").read_text())
    assert manifest["has_demo_data"]
    assert manifest["data_complete_through"]["gateway_requests"] > "2026-04-03"
    used = open_home(tmp_path / "used")
    used.inbox.mkdir(parents=True)
    shutil.copy(first[0], used.inbox)
    assert tollbook(used, "demo", "--first-night").stdout == ""
