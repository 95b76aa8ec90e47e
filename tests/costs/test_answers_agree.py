"""One cost, asked for in many ways: on the demo's books the answers agree."""

import csv
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from tests.conftest import PROJECT
from tests.costs.asked import answer


@pytest.fixture(scope="module")
def books(demo_home):
    with duckdb.connect(
        str(demo_home.published / "tollbook.duckdb"), read_only=True
    ) as con:
        yield con


@pytest.fixture(scope="module")
def totals(books):
    """Rated and logged cost, attempts, and the last month's rated cost."""
    found = books.execute(
        """
        select sum(rated_cost_usd) as rated, sum(logged_cost_usd) as logged,
            sum(attempt_count) as attempts,
            sum(rated_cost_usd) filter (where event_date >= '2026-05-01') as may
        from costs.agg_cost_daily
        """
    )
    names = [column[0] for column in found.description]
    return dict(zip(names, found.fetchone(), strict=True))


def summed(rows, column):
    return sum(row[column] or 0 for row in rows)


@pytest.mark.parametrize(
    "question",
    [
        "cost_of_retries_and_failures", "logged_beside_rated", "what_caches_saved",
    ],
)  # fmt: skip
def test_every_way_to_cut_the_cost_sums_to_all_of_it(books, totals, question):
    rows = answer(books, question)
    assert summed(rows, "rated_cost_usd") == totals["rated"]
    assert summed(rows, "attempt_count") == totals["attempts"]


@pytest.mark.parametrize("way", ["endpoint", "model", "team"])
def test_each_way_to_slice_requests_holds_all_of_them(books, totals, way):
    rows = [r for r in answer(books, "cost_per_request") if r["sliced_by"] == way]
    assert summed(rows, "rated_cost_usd") == totals["rated"]
    assert summed(rows, "attempt_count") == totals["attempts"]
    assert_requests_are_counted_once(books, rows)


def test_logged_cost_is_all_there_too(books, totals):
    rows = answer(books, "logged_beside_rated")
    assert summed(rows, "logged_cost_usd") == totals["logged"]


def test_cost_centres_and_what_none_bears_are_the_whole_cost(books, totals):
    rows = answer(books, "cost_by_cost_center")
    old, new = "month_before_rated_usd", "this_month_rated_usd"
    assert summed(rows, old) + summed(rows, new) == totals["rated"]
    assert summed(rows, new) == totals["may"]
    borne = {r["cost_center"]: summed([r], old) + summed([r], new) for r in rows}
    reasons = books.execute(
        "select unattributed_reason, sum(rated_cost_usd) from costs.fct_cost_lines "
        "where unattributed_reason is not null group by unattributed_reason"
    ).fetchall()
    assert reasons
    for reason, cost in reasons:
        assert borne[reason] == cost


def test_shared_costs_are_borne_or_kept_to_the_last_digit(books):
    found = defaultdict(Decimal)
    for row in answer(books, "shared_costs"):
        found[row["month"], row["currency_code"]] += row["amount"]
    pools = (PROJECT / "loaders/demo/rules/cost_pools.csv").read_text().splitlines()
    given = defaultdict(Decimal)
    for pool in csv.DictReader(pools):
        month = date.fromisoformat(pool["month"])
        given[month, pool["currency_code"]] += Decimal(pool["amount"])
    assert found == given


def test_the_months_cost_is_the_same_to_date_landed_and_explained(books, totals):
    days = answer(books, "month_to_date")
    explained = answer(books, "price_volume_mix")[-1]
    landing = answer(books, "landing_of_the_month")[0]
    budget = next(
        row for row in answer(books, "budget_burn_down") if row["name"] == "Everything"
    )
    assert days[-1]["month_to_date_usd"] == totals["may"]
    assert explained["new_cost_usd"] == totals["may"]
    assert explained["old_cost_usd"] == totals["rated"] - totals["may"]
    assert days[-1]["month_before_to_date_usd"] == explained["old_cost_usd"]
    assert landing["cost_center"] == "all"
    assert landing["actual_to_date_usd"] == totals["may"]
    assert budget["month_to_date_usd"] == totals["may"]


def test_data_is_of_each_request_once(books):
    assert_requests_are_counted_once(books, answer(books, "egress_by_plan"))


def assert_requests_are_counted_once(books, rows):
    ((requests, succeeded),) = books.execute(
        "select count(*), count(*) filter (where outcome = 'succeeded') "
        "from usage.fct_logical_requests"
    ).fetchall()
    assert summed(rows, "request_count") == requests
    assert summed(rows, "succeeded_count") == succeeded


def test_what_failed_before_it_was_answered_costs_nothing(books):
    rows = answer(books, "cost_of_retries_and_failures")
    failed = [row for row in rows if row["attempt_outcome"] == "failed"]
    assert failed
    assert {row["rated_cost_usd"] for row in failed} == {Decimal(0)}


def test_spenders_are_ranked_within_their_kind(books):
    kinds = Counter()
    before = {}
    for row in answer(books, "top_spenders"):
        if row["rank_no"] is None:
            continue
        kind = row["consumer_kind"]
        kinds[kind] += 1
        assert row["rated_cost_usd"] <= before.get(kind, Decimal("Infinity"))
        before[kind] = row["rated_cost_usd"]
        assert row["cost_ratio"] <= row["cumulative_cost_ratio"] + 1e-9 <= 1
    assert set(kinds) == {"application", "api_key", "developer"}
    assert min(kinds.values()) >= 10


def test_list_prices_are_what_a_gateway_logs_where_it_knows_them(books):
    rows = answer(books, "logged_beside_rated")
    (haiku,) = (row for row in rows if row["model_name"] == "claude-haiku-4-5")
    assert haiku["list_less_logged_usd"] == 0
    assert haiku["rated_cost_usd"] < haiku["rated_list_cost_usd"]


def test_all_cost_was_unknown_before_the_first_price(books, totals):
    rows = answer(books, "price_correction", "1970-01-01")
    by_contract = books.execute(
        "select coalesce(sum(rated_cost_usd), 0) from costs.fct_cost_lines "
        "where price_basis = 'contract'"
    ).fetchall()[0][0]
    assert summed(rows, "change_usd") == totals["rated"] - by_contract
    assert answer(books, "price_correction", "9998-01-01") == []
