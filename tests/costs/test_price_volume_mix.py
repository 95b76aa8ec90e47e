"""Price, volume and mix sum to the difference of two months, and mean what they say."""

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.costs.asked import answer

DAYS = [date(2026, 2, 28), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1),
        date(2026, 5, 31)]  # fmt: skip
CLASSES = ["input_uncached_tokens", "output_tokens", "image_units", "requests"]
COSTS = st.decimals(0, 10**6, places=12)
LINES = st.lists(
    st.tuples(
        st.sampled_from(DAYS),
        st.sampled_from("ab"),
        st.sampled_from([None, "m", "n"]),
        st.sampled_from(CLASSES),
        st.booleans() | st.just(True),
        st.integers(1, 10**12) | st.integers(1, 3),
        st.none() | COSTS | st.just(Decimal(0)),
    ),
    min_size=1,
    max_size=25,
)


@pytest.fixture(scope="module")
def books():
    with duckdb.connect() as con:
        con.execute(
            """
            create schema costs;
            create table costs.fct_cost_lines (
                event_date date, provider_id varchar, price_model_id varchar,
                model_name varchar, token_class varchar, is_billable boolean,
                quantity bigint, rated_cost_usd decimal(38, 12)
            );
            create view costs.agg_cost_daily as
                select event_date, sum(rated_cost_usd)::decimal(38, 12)
                    as rated_cost_usd
                from costs.fct_cost_lines group by event_date;
            """
        )
        yield con


def fill(con, lines):
    con.execute("delete from costs.fct_cost_lines")
    # What nobody bills costs nothing.
    rows = [
        (day, who, model, "named", kind, billed, many, cost if billed else Decimal(0))
        for day, who, model, kind, billed, many, cost in lines
    ]
    con.executemany("insert into costs.fct_cost_lines values (?,?,?,?,?,?,?,?)", rows)


def expected(lines):
    """(Volume, mix, price) and kind of each line, in fractions."""
    last = max(day for day, *_ in lines)
    this = last.replace(day=1)
    # A month that is not over stands beside as many days of the one before.
    is_over = (last + timedelta(days=1)).day == 1
    before = {5: date(2026, 4, 1), 4: date(2026, 3, 1), 2: date(2026, 1, 1)}[this.month]
    sums = defaultdict(lambda: [Fraction(0)] * 4)
    unpriced, units = set(), defaultdict(lambda: [Fraction(0)] * 2)
    for day, who, model, kind, billed, many, cost in lines:
        if not billed or day < before:
            continue
        if day < this and day.day > last.day and not is_over:
            continue
        key, unit, at = (who, model or "named", kind), kind, int(day >= this)
        if cost is None:
            unpriced.add((key, at))
            continue
        unit = "tokens" if kind.endswith("_tokens") else kind
        old = sums[key]
        sums[key] = [
            value + (many if place == at else Fraction(cost) if place == at + 2 else 0)
            for place, value in enumerate(old)
        ]
        units[unit][at] += many
    found = {}
    for key, (q_old, q_new, c_old, c_new) in sums.items():
        unit = "tokens" if key[2].endswith("_tokens") else key[2]
        u_old, u_new = units[unit]
        grown = c_old * u_new / u_old if u_old else Fraction(0)
        mixed = c_old * q_new / q_old if q_old else c_new
        kind = "continued"
        if not q_old:
            kind = "newly_priced" if (key, 0) in unpriced else "new"
        elif not q_new:
            kind = "no_longer_priced" if (key, 1) in unpriced else "vanished"
        found[key] = kind, (grown - c_old, mixed - grown, c_new - mixed)
    return found


@given(LINES)
def test_the_effects_sum_to_the_difference_to_the_last_digit(books, lines):
    fill(books, lines)
    *rows, total = answer(books, "price_volume_mix")
    wanted = expected(lines)
    assert total["line_kind"] == "total"
    for row in (*rows, total):
        effects = row["volume_usd"] + row["mix_usd"] + row["price_usd"]
        assert effects == row["difference_usd"]
        assert row["unexplained_usd"] == 0
    for effect in ("volume_usd", "mix_usd", "price_usd", "difference_usd"):
        assert sum(row[effect] for row in rows) == total[effect], effect
    assert len(rows) == len(wanted)
    for row in rows:
        kind, effects = wanted[
            row["provider_id"], row["model_name"], row["token_class"]
        ]
        assert row["line_kind"] == kind
        names = ("volume_usd", "mix_usd", "price_usd")
        for name, effect in zip(names, effects, strict=True):
            size = abs(effect) + abs(Fraction(row["old_cost_usd"]))
            # A ratio is a double, and is rounded to digits of money.
            assert (
                abs(Fraction(row[name]) - effect)
                <= size / 10**13 + Fraction(1, 10**11) + abs(effect) / 10**13
            ), (name, row)


def test_the_check_shows_cost_that_no_line_explains(books):
    fill(books, [(DAYS[3], "a", "m", "requests", True, 2, Decimal(3))])
    books.execute(
        "insert into costs.fct_cost_lines values "
        "('2026-05-02', 'a', 'm', 'm', 'requests', false, 1, 0.000000000001)"
    )
    total = answer(books, "price_volume_mix")[-1]
    assert total["unexplained_usd"] == Decimal("1e-12")


def test_what_came_what_went_and_what_got_a_price_are_named(books):
    april, may, one = DAYS[1], DAYS[4], Decimal(1)
    fill(
        books,
        [
            (april, "a", "m", "requests", True, 2, None),
            (may, "a", "m", "requests", True, 2, one),
            (april, "a", "n", "requests", True, 2, one),
            (may, "a", "n", "requests", True, 2, None),
            (may, "b", "m", "requests", True, 2, one),
            (april, "b", "n", "requests", True, 2, one),
        ],
    )
    rows = answer(books, "price_volume_mix")
    kinds = {(r["provider_id"], r["model_name"]): r["line_kind"] for r in rows}
    assert kinds == {
        ("a", "m"): "newly_priced",
        ("a", "n"): "no_longer_priced",
        ("b", "m"): "new",
        ("b", "n"): "vanished",
        (None, None): "total",
    }
