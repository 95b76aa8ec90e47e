"""A price, contract, tier or name that changes rates its own days anew, no other."""

import shutil
from datetime import datetime, timedelta

import pytest

from loaders.home import open_home
from loaders.inbox import load_inbox
from tests.conftest import tollbook
from tests.nightly.made_lake import ask, killed_build, land

FIRST_DAY = datetime(2026, 4, 1, 10)
# Model -> days of April on which it is used, and tokens of each of its calls.
USED = {
    "a": ([1, 2, 3], [1000]),
    "b": ([1, 2, 3], [1000]),
    "c": ([1, 2], [1000, 5000]),
    "mystery": ([1, 3], [1000]),
}
BOOK = (
    "provider_id,model_id,token_class,processing_tier,context_tier_tokens,"
    "day_part_start_minute,price,per_quantity,currency_code,valid_from,source,"
    "observed_at\n"
)
CLAUSES = (
    "provider_id,clause_of,rank,names,alternative_no,clause_kind,clause_text,source,"
    "observed_at\n"
)
OVERRIDES = (
    "provider_id,model_id,token_class,processing_tier,gateway,price,per_quantity,"
    "discount_factor,currency_code,valid_from,valid_before,known_from,contract_id,"
    "source\n"
)
# When prices are observed: before the first night, and after it.
KNOWN = "2026-04-10"
LATER = "2026-04-20"


def price(model, dollars, start, observed, tier=0):
    """A row of the price book: dollars for 1,000 tokens."""
    return (
        f"acme,{model},input_uncached_tokens,standard,{tier},0,{dollars},1000,USD,"
        f"{start},me,{observed}\n"
    )


def clauses(names, observed):
    """All of acme's clauses: its own name, and models that are called as given."""
    rows = [("provider", 0, "", "acme")]
    rows += [("model", rank, *pair) for rank, pair in enumerate(names.items())]
    return CLAUSES + "".join(
        f"acme,{of},{rank},{model},0,equals,{name},me,{observed}\n"
        for of, rank, model, name in rows
    )


def told(home, name, text):
    (home.inbox / name).write_text(text)
    (outcome,) = (o for o in load_inbox(home) if o.name == name)
    assert outcome.status == "landed", outcome


def tell_base(home):
    requests = [
        {
            "request_id": f"{model}{day}.{tokens}", "id_basis": "vendor",
            "requested_at": FIRST_DAY + timedelta(days=day - 1), "gateway": "g",
            "provider": "acme", "model_served": model, "api_key_id": "k",
            "input_uncached_tokens": tokens, "token_basis": "provider_reported",
            "source_format": "litellm", "status_code": 200,
        }
        for model, (days, calls) in USED.items()
        for day in days
        for tokens in calls
    ]  # fmt: skip
    land(home, "gateway_requests", requests)
    prices = [price(model, 2, "1970-01-01", KNOWN) for model in ("a", "b", "c", "m")]
    told(home, "price_book_1.csv", BOOK + "".join(prices))
    told(home, "price_models_1.csv", clauses({m: m for m in "abc"}, KNOWN))


def tell_tier(home):
    """From the second on, c costs twice as much for more than 2,000 tokens."""
    row = price("c", 4, "2026-04-02", LATER, tier=2000)
    told(home, "price_book_2.csv", BOOK + row)


def tell_correction(home):
    """We learn late that on the second a cost more."""
    rows = price("a", 3, "2026-04-02", LATER) + price("a", 2, "2026-04-03", LATER)
    told(home, "price_book_3.csv", BOOK + rows)


def tell_contract(home):
    """Half of the list's price for b, on the third."""
    path = home.path / "seeds/costs/price_overrides.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    row = "acme,b,,,,,,0.5,,2026-04-03,2026-04-04,,contract,me\n"
    path.write_text(OVERRIDES + row)


def tell_name(home):
    """What nobody knew is m."""
    names = {"a": "a", "b": "b", "c": "c", "m": "mystery"}
    told(home, "price_models_2.csv", clauses(names, LATER))


def built(home, *arguments):
    done = tollbook(home, "build", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def books(home):
    """Every table of costs, row for row, and what their lines are made of."""
    tables = ask(
        home,
        "select schema_name || '.' || table_name from duckdb_tables() "
        "where schema_name = 'costs' or table_name = 'int_usage_daily'",
    )
    assert len(tables) >= 6
    return {name: ask(home, f"from {name} order by all") for (name,) in tables}


def lines(home):
    """(Day, model) -> its cost lines."""
    found = {}
    for day, model, *line in ask(
        home,
        "select day(event_date), model_name, columns(* exclude (event_date)) "
        "from costs.fct_cost_lines order by all",
    ):
        found.setdefault((day, model), []).append(line)
    return found


def costs(home, model):
    """Day -> rated dollars of a model; None where some line has no price."""
    return {
        day: None if unpriced else cost
        for day, cost, unpriced in ask(
            home,
            "select day(event_date), sum(rated_cost_usd), "
            "count(*) > count(rated_cost_usd) from costs.fct_cost_lines "
            f"where model_name = '{model}' group by all",
        )
    }


def anew(home):
    """The books as a build from nothing makes them of the same home."""
    copy = copied(home, home.path.with_name(f"{home.path.name} anew"))
    built(copy, "--full")
    return books(copy)


def copied(home, path):
    shutil.copytree(home.path, path)
    return open_home(path)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A home whose books hold; tests work on copies."""
    path = tmp_path_factory.mktemp("repricing") / "home"
    (path / "inbox").mkdir(parents=True)
    (path / "tollbook.toml").write_text("[prices]\nlibrary = false\n")
    home = open_home(path)
    tell_base(home)
    built(home)
    assert costs(home, "a") == {1: 2, 2: 2, 3: 2}
    assert costs(home, "c") == {1: 12, 2: 12}
    assert costs(home, "mystery") == {1: None, 3: None}
    return home


@pytest.fixture(scope="module")
def repriced(base):
    """Nights of one change each: the home, its books, and the lines that changed."""
    home = copied(base, base.path.with_name("nights"))
    changes = {}
    for tell in (tell_tier, tell_correction, tell_contract):
        before = lines(home)
        tell(home)
        built(home)
        after = lines(home)
        changes[tell] = {
            key for key in before | after if before.get(key) != after.get(key)
        }
    return home, books(home), changes


def test_a_new_tier_rates_longer_requests_from_its_start_on(repriced):
    home, _, changes = repriced
    assert costs(home, "c") == {1: 12, 2: 22}
    # Before it the longer ones cost the same, though their tier has a name now.
    assert changes[tell_tier] == {(1, "c"), (2, "c")}


def test_a_corrected_price_rates_the_days_on_which_it_held(repriced):
    home, _, changes = repriced
    assert costs(home, "a") == {1: 2, 2: 3, 3: 2}
    # The third costs what it did, by another row of the book.
    assert changes[tell_correction] == {(2, "a"), (3, "a")}


def test_a_contract_in_the_homes_own_table_rates_the_days_that_it_binds(repriced):
    home, _, changes = repriced
    assert costs(home, "b") == {1: 2, 2: 2, 3: 1}
    assert changes[tell_contract] == {(3, "b")}


def test_a_new_name_gives_what_nobody_knew_a_price(base):
    home = copied(base, base.path.with_name("named"))
    before = lines(home)
    tell_name(home)
    built(home)
    after = lines(home)
    assert costs(home, "mystery") == {1: 2, 3: 2}
    changed = {key for key in before | after if before.get(key) != after.get(key)}
    assert changed == {(1, "mystery"), (3, "mystery")}
    assert books(home) == anew(home)


def test_books_of_many_nights_are_those_that_one_night_builds(repriced):
    home, held, _ = repriced
    assert held == anew(home)


def test_a_night_that_dies_between_phases_leaves_nothing_behind(base, repriced):
    """Before what is derived, twice, and before any day; each picks up the last."""
    home = copied(base, base.path.with_name("killed"))
    for tell in (tell_tier, tell_correction, tell_contract):
        tell(home)
    for runs in (3, 2, 1):
        killed_build(home, runs)
    built(home)
    assert books(home) == repriced[1]
