"""LiteLLM's own cost of each call beside ours, on the real capture."""

import shutil
from decimal import Decimal

import duckdb

from loaders.inbox import load_inbox
from nightly.database import opened
from tests.costs.rated import rate

# A deployment's own name; the proxy's configuration says what it is.
ALIASES = "provider_id,model_name,model_id\nopenai,gpt-4o-flaky,gpt-4o\n"
AS_ATTEMPTS = """
    select * replace (request_id as api_key_id), 1 as attempt_no, true as is_counted,
        cast(requested_at as date) as event_date
    from read_parquet($1, hive_partitioning = false)
    where load_id is not null
"""
BESIDE = """
    with rated as (
        select api_key_id as request_id, sum(rated_cost_usd) as rated_cost_usd
        from costs.fct_cost_lines group by api_key_id
    )
    select token_basis, count(*), sum(logged_cost_usd), sum(rated_cost_usd),
        count(*) filter (where rated_cost_usd is distinct from logged_cost_usd)
    from usage.fct_attempts left join rated using (request_id)
    group by token_basis order by token_basis
"""


def beside(home, shared):
    """By token basis: calls, logged, rated, calls that differ."""
    shutil.copy(
        shared / "gateway/litellm_live/slp_generic_api_ndjson.ndjson", home.inbox
    )
    (home.path / "tollbook.toml").unlink()
    load_inbox(home)
    with duckdb.connect() as con:
        paths = [str(p) for p in home.lake.glob("gateway_requests/*/*.parquet")]
        rate(home, con.execute(AS_ATTEMPTS, [paths]).to_arrow_table())
    with opened(home.warehouse, read_only=True) as con:
        unpriced = con.execute(
            "select model_name, unpriced_reason, sum(quantity) "
            "from costs.fct_unpriced_usage group by all"
        ).fetchall()
        return con.execute(BESIDE).fetchall(), unpriced


def test_every_call_is_rated_as_the_gateway_logged_it(home, shared):
    folder = home.path / "seeds" / "costs"
    folder.mkdir(parents=True)
    (folder / "model_aliases.csv").write_text(ALIASES)
    found, unpriced = beside(home, shared)
    assert unpriced == []
    differing = {basis: count for basis, *_, count in found if count}
    # Of what failed nothing is known; the gateway says that it cost 0.
    assert differing == {"missing": 36}
    total = Decimal("0.43940549")
    assert sum(logged for _, _, logged, *_ in found) == total
    assert sum(rated or 0 for *_, rated, _ in found) == total


def test_a_name_that_nobody_knows_is_listed_and_not_summed_away(home, shared):
    found, unpriced = beside(home, shared)
    assert unpriced == [("gpt-4o-flaky", "unknown_model", 328)]
    missed = sum(logged - (rated or 0) for _, _, logged, rated, _ in found)
    assert missed == Decimal("0.0011275")
