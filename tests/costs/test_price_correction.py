"""What a correction of prices changes is listed, to the last digit."""

import os
import random
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pytest

from loaders.home import open_home
from tests.conftest import ndjson, record, tollbook
from tests.costs.asked import answer

MODELS = ("same", "dearer", "tiered", "late", "gone", "deep")
_TERMS = "provider_id,clause_of,rank,names,alternative_no,clause_kind,clause_text,"
_NAMES = _TERMS + "source,observed_at\n" + "".join(
    f"openai,{clause},{rank},{name},0,equals,{text},test,2026-03-01\n"
    for rank, (clause, name, text) in enumerate(
        [("provider", "", "openai")]
        + [("model", model, model) for model in MODELS]
    )
)  # fmt: skip
_BOOK = (
    "provider_id,model_id,token_class,processing_tier,context_tier_tokens,"
    "day_part_start_minute,price,per_quantity,currency_code,valid_from,is_withdrawn,"
    "source,observed_at\n"
)
IN, OUT, THOUGHT = "input_uncached_tokens", "output_tokens", "reasoning_tokens"
_FIRST = [
    (model, token_class, 0, price, "2026-01-01", "")
    for model in MODELS
    for token_class, price in ((IN, "2.53"), (OUT, "10.07"))
    if (model, token_class) != ("late", OUT)
] + [
    # Known from the start: later prices, a second tier, reasoning apart.
    ("dearer", OUT, 0, "8.88", "2026-05-05", ""),
    ("dearer", OUT, 0, "12.34", "2026-05-21", ""),
    ("tiered", IN, 300, "2.03", "2026-01-01", ""),
    ("same", THOUGHT, 0, "9.1", "2026-01-01", ""),
]
_CORRECTION = [
    ("dearer", IN, 0, "3.19", "2026-05-01", ""),
    ("tiered", IN, 700, "5.11", "2026-01-01", ""),
    ("late", OUT, 0, "7.77", "2026-05-11", ""),
    ("gone", OUT, 0, "", "2026-01-01", "true"),
    ("deep", THOUGHT, 0, "11.3", "2026-01-01", ""),
]
# Ends in digits that an amount does not keep.
_DISCOUNT = (
    "provider_id,model_id,token_class,processing_tier,gateway,price,per_quantity,"
    "discount_factor,currency_code,valid_from,valid_before,known_from,contract_id,source\n"
    "openai,dearer,,,,,,0.93717171,,2026-01-01,,,,\n"
    "openai,same,output_tokens,,,4.01,1000000,,USD,2026-05-20,,,,\n"
)


def book(rows, observed_at):
    lines = [
        f"openai,{model},{token_class},standard,{tier},0,{price},1000000,USD,"
        f"{start},{withdrawn},test,{observed_at}\n"
        for model, token_class, tier, price, start, withdrawn in rows
    ]
    return _BOOK + "".join(lines)


def calls(seed):
    """Some calls a day of each model, from April 20 to May 31."""
    rng = random.Random(seed)  # noqa: S311
    first = datetime(2026, 4, 20, tzinfo=UTC).timestamp()
    for number in range(600):
        second = first + rng.randrange(41 * 86400)
        read, written = rng.randrange(1, 1500), rng.randrange(1, 900)
        used = {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "service_tier": rng.choice([None, "flex"]),
            "completion_tokens_details": {"reasoning_tokens": written // 3},
        }
        yield record(
            f"c{number}", startTime=second, endTime=second + 1, trace_id=f"t{number}",
            model=rng.choice(MODELS),
            model_group="any", prompt_tokens=read, completion_tokens=written,
            metadata__usage_object=used, completionStartTime=None,
            cache_hit=number % 10 == 0 or None,
        )  # fmt: skip


@pytest.fixture(scope="module")
def books(tmp_path_factory):
    """Costs by day and model of two nights, and the second's books."""
    home = open_home(tmp_path_factory.mktemp("prices"))
    home.inbox.mkdir()
    (home.path / "tollbook.toml").write_text("[prices]\nlibrary = false\n")
    seed = os.environ.get("WORLD", "0" if "CI" in os.environ else str(os.getpid()))
    print(f"WORLD={seed}")
    seeds = home.path / "seeds" / "costs"
    seeds.mkdir(parents=True)
    (seeds / "price_overrides.csv").write_text(_DISCOUNT)
    (home.inbox / "calls.ndjson").write_bytes(ndjson(*calls(seed)))
    (home.inbox / "price_models.csv").write_text(_NAMES)
    (home.inbox / "price_book_1.csv").write_text(book(_FIRST, "2026-03-01"))
    before = _night(home)
    (home.inbox / "price_book_2.csv").write_text(book(_CORRECTION, "2026-06-02"))
    after = _night(home)
    with duckdb.connect(str(home.published / "tollbook.duckdb"), read_only=True) as con:
        yield before, after, con


def _night(home):
    done = tollbook(home, "nightly")
    assert done.returncode == 0, done.stdout + done.stderr
    with duckdb.connect(str(home.published / "tollbook.duckdb"), read_only=True) as con:
        found = con.execute(
            "select event_date, price_model_id, sum(rated_cost_usd) "
            "from costs.fct_cost_lines group by all"
        ).fetchall()
    return {(day, model): cost or Decimal(0) for day, model, cost in found}


def test_a_correction_is_listed_by_day_model_and_class(books):
    before, after, con = books
    rows = answer(con, "price_correction")
    for moment in ("2026-03-01", "2026-06-01 23:59:59"):
        assert rows == answer(con, "price_correction", moment)
    changes = Counter()
    for row in rows:
        changes[row["event_date"], row["model_name"]] += row["change_usd"]
    assert {key: cost for key, cost in changes.items() if cost} == {
        key: after[key] - before[key] for key in after if after[key] != before[key]
    }
    assert sum(changes.values()) == sum(after.values()) - sum(before.values())
    assert {(r["model_name"], r["token_class"], r["change_kind"]) for r in rows} == {
        ("dearer", IN, "corrected"),
        ("tiered", IN, "corrected"),
        ("late", OUT, "unknown_then"),
        ("gone", OUT, "unknown_now"),
        ("deep", THOUGHT, "corrected"),
    }
    for row in rows:
        first = {"dearer": "2026-05-01", "late": "2026-05-11"}.get(
            row["model_name"], ""
        )
        assert str(row["event_date"]) >= first
        assert (row["cost_then_usd"] is None) == (row["change_kind"] == "unknown_then")
        assert (row["cost_now_usd"] is None) == (row["change_kind"] == "unknown_now")


def test_before_any_price_all_cost_is_new_and_after_the_last_none(books):
    _, after, con = books
    rows = answer(con, "price_correction", "2026-02-01")
    assert {row["change_kind"] for row in rows} == {"unknown_then"}
    # A contract's price is no price of the book: it was the same.
    ((contracted,),) = con.execute(
        "select sum(rated_cost_usd) from costs.fct_cost_lines "
        "where price_basis = 'contract'"
    ).fetchall()
    assert contracted > 0
    assert sum(row["change_usd"] for row in rows) == sum(after.values()) - contracted
    assert answer(con, "price_correction", "2026-06-02 00:00:00") == []
