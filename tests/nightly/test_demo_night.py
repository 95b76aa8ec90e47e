"""A night over the demo world gives the books that its truth says.

The world's files are drawn from the same tables as its truth, but the books only ever
see the files; every count and sum below went through them.
"""

import json
from datetime import UTC, datetime

import duckdb
import pytest

from loaders.home import open_home
from loaders.prices.snapshot import write_new_prices
from tests.conftest import tollbook


@pytest.fixture(scope="module")
def ask(demo_home, demo_world):
    """Ask the published books (`books.`) and the truth (a view a file) together."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        books = demo_home.published / "tollbook.duckdb"
        con.execute(f"attach '{books}' as books (read_only)")
        for path in (demo_world / "demo" / "truth").glob("*.parquet"):
            con.read_parquet(str(path)).create_view(f"true_{path.stem}")
        con.execute("create view logged as from true_attempts where is_logged")
        con.execute("create view landed as from books.usage.fct_attempts")

        def ask(sql):
            return con.execute(sql).fetchall()

        yield ask


def same(ask, true_sql, books_sql):
    """Both give the same rows, and some."""
    expected = ask(true_sql)
    assert expected
    assert ask(books_sql) == expected


def test_every_attempt_is_there_once(ask):
    columns = "gateway, request_id, logical_request_id, requested_at, api_key_id"
    assert ask("select count(*) > 5000 from logged") == [(True,)]
    assert (
        ask(
            f"""
            (select {columns} from logged except select {columns} from landed)
            union all
            (select {columns} from landed except select {columns} from logged)
            """
        )
        == []
    )
    same(ask, "select count(*) from logged", "select count(*) from landed")


def test_logical_requests_end_as_they_truly_did(ask):
    count = "select gateway, outcome, count(*) from {} group by all order by all"
    same(
        ask,
        count.format("true_logical_requests"),
        count.format("books.usage.fct_logical_requests"),
    )


@pytest.mark.parametrize(
    "column",
    [
        "api_version",
        "provider",
        "operation",
        "status_code",
        "error_type",
        "is_aborted",
        "is_gateway_cache_hit",
        "token_basis",
        "requested_at::date",
    ],
)
def test_attempts_are_described_as_they_were(ask, column):
    count = f"select gateway, {column}, count(*) from {{}} group by all order by all"
    same(ask, count.format("logged"), count.format("landed"))


def test_meters_durations_and_money_sum_to_the_truth(ask):
    sums = """
        select gateway, is_gateway_cache_hit, status_code,
            sum(input_uncached_tokens), sum(cache_read_tokens),
            coalesce(sum(cache_write_5m_tokens), 0),
            coalesce(sum(cache_write_1h_tokens), 0),
            coalesce(sum(cache_write_other_tokens), 0),
            sum(output_tokens), coalesce(sum(reasoning_tokens), 0),
            coalesce(sum(logged_cost_usd), 0), sum(request_duration_us), sum(ttft_us)
        from {} group by all order by all
    """
    same(ask, sums.format("logged"), sums.format("landed"))


def test_each_bad_line_is_refused_in_its_place_for_its_reason(ask):
    same(
        ask,
        """
        select 'demo/' || file, line_no, reason from true_faults
        where reason is not null order by all
        """,
        """
        select source_path, line_no, concat_ws(':', reason, field)
        from books.quality.fct_rejected_records order by all
        """,
    )


def test_every_file_is_accounted_for(ask):
    # A duplicate's bytes are those of a file that was landed already.
    same(
        ask,
        """
        select 'demo/' || path, format, record_count, rejected_count from true_files
        where kind <> 'duplicate' order by all
        """,
        """
        select source_path, format, read_count, quarantined_count
        from books.quality.fct_loads where format in ('events', 'litellm') order by all
        """,
    )
    kinds = {kind for (kind,) in ask("select distinct kind from true_files")}
    assert kinds == {"normal", "late", "duplicate", "resent"}


def test_what_happened_beside_requests_lands_too(ask, demo_home):
    ask(
        f"""
        create view happened as from read_parquet(
            '{demo_home.lake}/product_events/*/*.parquet', union_by_name = true
        )
        """
    )
    columns = (
        "event_type, event_id, occurred_at, organization_id, api_key_id, request_id"
    )
    events = f"select {columns} from {{}} order by all"
    same(ask, events.format("true_product_events"), events.format("happened"))


# What the records leave out the directory knows, also of a project that moved; where
# the two disagree the record wins.
@pytest.mark.parametrize(
    "column",
    ["organization_id", "team_id", "project_id", "application_id", "cost_center_id"],
)
def test_every_attempt_has_its_owner_of_that_moment(ask, column):
    owners = f"select request_id, {column} from {{}} order by all"
    same(ask, owners.format("logged"), owners.format("landed"))


def test_no_raw_identifier_leaves_the_inbox(ask, demo_home, demo_world):
    kinds = "select kind, count(*) > 20 from true_personal group by kind order by kind"
    assert ask(kinds) == [
        ("client_ip", True),
        ("credential", True),
        ("developer_id", True),
        ("email", True),
        ("end_user_id", True),
    ]
    raw = str(demo_world / "demo" / "truth" / "personal.parquet")
    done = tollbook(demo_home, "scan", "--values", raw)
    assert done.returncode == 0, done.stdout
    # It does find them where they are.
    day = demo_home.inbox / "demo" / "litellm" / "2026-04-01.ndjson.gz"
    done = tollbook(demo_home, "scan", "--values", raw, str(day))
    assert done.returncode == 4


def test_the_same_seed_gives_the_same_books(tmp_path):
    books = []
    for name in ("one", "two"):
        home = open_home(tmp_path / name)
        size = ["--days", "2", "--requests-a-day", "100"]
        key = {"TOLLBOOK_PSEUDONYM_KEY": "0123456789abcdef"}
        assert tollbook(home, "demo", "--first-night", *size, **key).returncode == 0
        # When a price was observed is on the wall clock, too.
        write_new_prices(home, datetime(2026, 3, 1, tzinfo=UTC))
        assert tollbook(home, "nightly", **key).returncode in (0, 4)
        manifest = json.loads((home.published / "tollbook.json").read_text())
        # When a file was landed is on the wall clock.
        books.append({**manifest["tables"], "quality.fct_loads": None})
    assert books[0] == books[1]
    assert books[0]["usage.fct_attempts"]["rows"] > 150
