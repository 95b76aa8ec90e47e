"""Which price holds, of what is known when: random observations, read a plainer way."""

from collections import defaultdict
from datetime import date, datetime
from itertools import product

import duckdb
import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import PROJECT

DAYS = [date(2026, 1, day) for day in range(1, 7)]
MOMENTS = [datetime(2026, month, 1, 12) for month in range(2, 6)]
TIERS, PARTS = [0, 32_000, 200_000], [0, 990]
MODELS = (
    "intermediate/costs/int_prices_observed", "marts/costs/dim_prices",
    "intermediate/costs/int_price_bands",
    "intermediate/costs/int_prices_banded",
)  # fmt: skip
SERIES = st.tuples(
    st.sampled_from(["m", "n"]), st.sampled_from(TIERS), st.sampled_from(PARTS)
)
# What is said of a start: a price, that there is none, or that it was a mistake.
SAID = st.one_of(
    st.tuples(st.integers(0, 9), st.sampled_from([False, None])),
    st.just((None, False)),
    st.tuples(st.sampled_from([None, 5]), st.just(True)),
)
OBSERVED = st.dictionaries(
    st.tuples(SERIES, st.sampled_from(DAYS[1:-1]), st.sampled_from(MOMENTS[1:-1])),
    SAID,
    max_size=14,
)


def sql_of(model, known_on):
    """A model's SQL, with relations called by their names."""

    text = (PROJECT / f"models/{model}.sql").read_text()
    return jinja2.Template(text).render(
        ref=lambda name: name, config=lambda **_: "", var=lambda _: known_on
    )


def said_on(observed, day, moment):
    """Series -> its price on a day, as known at a moment; those that have one."""
    starts = defaultdict(dict)
    for (series, start, known), said in sorted(observed.items(), key=lambda x: x[0][2]):
        if start <= day and known <= moment:
            starts[series][start] = said
    held = {
        series: max((start, *said) for start, said in known.items() if not said[1])[1]
        for series, known in starts.items()
        if not all(withdrawn for _, withdrawn in known.values())
    }
    return {series: price for series, price in held.items() if price is not None}


@pytest.fixture(scope="module")
def con():
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("set threads = 1")
        yield con


def build(con, observed, known_on):
    """The models of these observations, each landed twice."""
    rows = [
        (*series, start, moment, *said)
        for (series, start, moment), said in observed.items()
    ]
    con.execute(
        """
        create or replace table landed (
            model_id string, context_tier_tokens bigint, day_part_start_minute bigint,
            valid_from timestamp, observed_at timestamp, price decimal(38, 18),
            is_withdrawn boolean
        )
        """
    )
    if rows:
        con.executemany("insert into landed values (?, ?, ?, ?, ?, ?, ?)", rows)
    con.execute(
        """
        create or replace table stg_prices__price_book as
        select landed.*, 'acme' as provider_id, 'output_tokens' as token_class,
            'standard' as processing_tier, cast(null as string) as geography,
            1 as per_quantity, 'USD' as currency_code, 'key' as price_key,
            'me' as source, '1' as source_version, 'hash' as row_hash, load_id,
            1 as record_no
        from landed cross join (values ('first'), ('again')) as loads (load_id)
        """
    )
    for model in MODELS:
        name = model.rpartition("/")[2]
        con.execute(f"create or replace table {name} as {sql_of(model, known_on)}")


@given(observed=OBSERVED)
def test_a_price_is_what_was_known_of_its_day_at_that_moment(con, observed):
    build(con, observed, None)
    held = con.execute(
        "select model_id, context_tier_tokens, day_part_start_minute, valid_from, "
        "valid_before, known_from, known_before, cast(price as int) from dim_prices"
    ).fetchall()
    for day, moment in product(DAYS, MOMENTS):
        found = [
            (tuple(series), price)
            for *series, start, before, known, known_before, price in held
            if start <= day < before and known <= moment < known_before
        ]
        assert len(found) == len(dict(found))
        assert dict(found) == said_on(observed, day, moment)


@given(observed=OBSERVED, moment=st.sampled_from([None, *MOMENTS]))
def test_a_band_has_the_closest_price_below_of_its_day(con, observed, moment):
    """Closest by length first; bands are of every price that was ever known."""
    build(con, observed, moment)
    held = con.execute(
        "select model_id, context_tier_tokens, day_part_start_minute, valid_from, "
        "valid_before, cast(unit_price_usd as int) from int_prices_banded"
    ).fetchall()
    bands = con.execute(
        "select model_id, context_tier_tokens, day_part_start_minute "
        "from int_price_bands"
    ).fetchall()
    for day in DAYS:
        said = said_on(observed, day, moment or MOMENTS[-1])
        expected = {}
        for model, tier, part in bands:
            below = [s for s in said if s[0] == model and s[1] <= tier and s[2] <= part]
            if below:
                expected[model, tier, part] = said[max(below)]
        found = [
            (tuple(band), price)
            for *band, start, before, price in held
            if start <= day < before
        ]
        assert len(found) == len(dict(found))
        assert dict(found) == expected
