"""Log buckets: the exact bucket of every integer, and percentiles within 1 %."""

from bisect import bisect_left
from collections import Counter
from decimal import Decimal, localcontext
from itertools import accumulate, pairwise

import duckdb
import jinja2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.conftest import PROJECT

MOST_US = 10**11
MACRO = (PROJECT / "macros" / "log_bucket.sql").read_text()
EXPRESSION = jinja2.Template(MACRO + "{{ log_bucket('us') }}").render()


def edges_up_to(most):
    """Upper edge of each bucket, g^0, g^1, …, until one is above `most`."""
    with localcontext(prec=60):
        growth, edges = Decimal(101) / Decimal(99), [Decimal(1)]
        while edges[-1] <= most:
            edges.append(edges[-1] * growth)
    return edges


EDGES = edges_up_to(MOST_US)


@pytest.fixture(scope="module")
def bucket_numbers():
    """The macro's own SQL on a list of integers."""
    with duckdb.connect() as con:
        yield lambda us: [
            number
            for (number,) in con.execute(
                f"select {EXPRESSION} from (select unnest($1::bigint[]) as us)", [us]
            ).fetchall()
        ]


def test_every_integer_beside_an_edge_is_in_its_bucket(bucket_numbers):
    beside = sorted(
        {
            number
            for edge in EDGES
            for number in range(int(edge) - 1, int(edge) + 3)
            if 1 <= number <= MOST_US
        }
    )
    assert len(beside) > 4000
    # 60 digits, and no logarithm: the first bucket whose upper edge is not below.
    assert bucket_numbers(beside) == [bisect_left(EDGES, number) for number in beside]


def test_zero_has_a_bucket_of_its_own_and_null_and_negatives_have_none(bucket_numbers):
    assert bucket_numbers([0, 1, None, -1]) == [-1, 0, None, None]


def test_a_day_and_the_largest_measure_have_a_bucket(bucket_numbers):
    numbers = bucket_numbers([24 * 3600 * 10**6, 10**12])
    assert numbers == [bisect_left(edges_up_to(10**12), us) for us in (864e8, 10**12)]


def value_of(bucket_no):
    """What a bucket stands for, microseconds, as the column's description says."""
    return 0.0 if bucket_no == -1 else 0.99 * (101 / 99) ** bucket_no


def rank(share, count):
    return int(1 + share * (count - 1))


durations = st.one_of(
    st.integers(0, 100), st.integers(0, 10**7), st.integers(0, MOST_US)
)
shares = st.one_of(
    st.sampled_from(["0", "0.5", "0.9", "0.95", "0.99", "0.999", "1"]).map(Decimal),
    st.decimals(0, 1, places=4),
)


@given(
    hours=st.lists(st.lists(durations, min_size=1, max_size=80), min_size=1), q=shares
)
@example(hours=[[1]], q=Decimal("0.5"))
@example(hours=[[0], [0, 0, 5]], q=Decimal("0.99"))
def test_a_percentile_of_merged_buckets_is_within_one_percent(bucket_numbers, hours, q):
    merged = sum((Counter(bucket_numbers(hour)) for hour in hours), Counter())
    everything = sorted(us for hour in hours for us in hour)
    wanted = rank(q, len(everything))
    buckets = sorted(merged)
    reached = accumulate(merged[bucket_no] for bucket_no in buckets)
    found = next(
        value_of(bucket_no)
        for bucket_no, count in zip(buckets, reached, strict=True)
        if count >= wanted
    )
    exact = everything[wanted - 1]
    assert abs(found - exact) <= (0.01 + 1e-9) * exact


def test_a_bucket_stands_for_everything_between_its_edges():
    for bucket_no, (lower, upper) in enumerate(pairwise(EDGES), start=1):
        for us in (float(lower), float(upper)):
            assert abs(value_of(bucket_no) - us) <= (0.01 + 1e-9) * us


def test_the_analysis_gives_the_percentiles_of_the_requests(demo_home):
    sql = (PROJECT / "analyses" / "latency_by_model.sql").read_text()
    with duckdb.connect(
        str(demo_home.published / "tollbook.duckdb"), read_only=True
    ) as con:
        for model, count, *percentiles in con.execute(sql).fetchall():
            exact = [
                us
                for (us,) in con.execute(
                    """
                    select request_duration_us from usage.fct_attempts
                    where
                        model_served = $1
                        and error_type is null
                        and not is_aborted
                        and not is_gateway_cache_hit
                    order by request_duration_us
                    """,
                    [model],
                ).fetchall()
            ]
            assert count == len(exact) > 500
            for share, found_ms in zip(
                ("0.5", "0.95", "0.99"), percentiles, strict=True
            ):
                us = exact[rank(Decimal(share), count) - 1]
                # The analysis rounds to a tenth of a millisecond.
                assert abs(found_ms - us / 1000) <= 0.01 * us / 1000 + 0.05
