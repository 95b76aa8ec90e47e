"""The price library, flattened: its prices and names as rows, and only what is new."""

import csv
import random
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from time import tzset

import duckdb
import pyarrow as pa
import pytest
from genai_prices.data import providers
from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    PriceVariant,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)
from hypothesis import given
from hypothesis import strategies as st

from loaders.prices.library import price_rows
from loaders.prices.names import name_rows
from loaders.prices.snapshot import write_new_prices

ALWAYS = date(1970, 1, 1)
START = date(2025, 6, 10)


def prices(**named):
    return ModelPrice(**{key: Decimal(str(price)) for key, price in named.items()})


def model(name, priced, variants=None, match=None):
    return ModelInfo(
        id=name,
        match=match or ClauseEquals(equals=name),
        prices=priced,
        price_variants=variants,
    )


def provider(*models, name="acme"):
    return Provider(id=name, name=name, api_pattern="", models=list(models))


def flat(priced, *columns, variants=None, of=None):
    """Some columns of a model's rows, and their price; of one token class, or all."""
    return {
        tuple(row[column] for column in columns): row["price"]
        for row in price_rows([provider(model("m", priced, variants))])
        if of in (None, row["token_class"])
    }


def test_a_class_without_a_price_costs_what_it_is_part_of():
    told = prices(input_mtok=3, cache_read_mtok=0.3, output_mtok=15)
    assert flat(told, "token_class", "price_key") == {
        ("input_uncached_tokens", "input_mtok"): 3,
        ("audio_input_tokens", "input_mtok"): 3,
        ("image_input_tokens", "input_mtok"): 3,
        ("cache_read_tokens", "cache_read_mtok"): Decimal("0.3"),
        ("cache_read_audio_tokens", "cache_read_mtok"): Decimal("0.3"),
        ("cache_write_5m_tokens", "input_mtok"): 3,
        ("cache_write_1h_tokens", "input_mtok"): 3,
        ("cache_write_other_tokens", "input_mtok"): 3,
        ("output_tokens", "output_mtok"): 15,
        ("audio_output_tokens", "output_mtok"): 15,
    }


def test_the_closest_price_of_a_class_is_its_own():
    told = prices(
        input_mtok=1, input_audio_mtok=2, cache_read_mtok=3, cache_audio_read_mtok=4,
        cache_write_mtok=5, cache_write_1h_mtok=6, output_mtok=7, output_audio_mtok=8,
        output_reasoning_mtok=9, web_searches_kcount=10, requests_kcount=11,
    )  # fmt: skip
    assert flat(told, "token_class", "per_quantity") == {
        ("input_uncached_tokens", 1_000_000): 1,
        ("audio_input_tokens", 1_000_000): 2,
        ("image_input_tokens", 1_000_000): 1,
        ("cache_read_tokens", 1_000_000): 3,
        ("cache_read_audio_tokens", 1_000_000): 4,
        ("cache_write_5m_tokens", 1_000_000): 5,
        ("cache_write_1h_tokens", 1_000_000): 6,
        ("cache_write_other_tokens", 1_000_000): 5,
        ("output_tokens", 1_000_000): 7,
        ("audio_output_tokens", 1_000_000): 8,
        ("reasoning_tokens", 1_000_000): 9,
        ("web_search_calls", 1000): 10,
        ("requests", 1000): 11,
    }


def test_a_tier_of_any_price_is_a_tier_of_all():
    tiers = [Tier(start=400_000, price=Decimal(12)), Tier(200_000, Decimal(6))]
    told = ModelPrice(
        input_mtok=TieredPrices(base=Decimal(3), tiers=tiers), output_mtok=Decimal(15)
    )
    assert flat(told, "context_tier_start", of="input_uncached_tokens") == {
        (0,): 3, (200_000,): 6, (400_000,): 12,
    }  # fmt: skip
    assert flat(told, "context_tier_start", of="output_tokens") == {
        (0,): 15, (200_000,): 15, (400_000,): 15,
    }  # fmt: skip


@pytest.fixture
def in_tokyo(monkeypatch):
    """The machine's clock shows another zone than UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        tzset()
        yield
    tzset()


@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize("zone", [None, UTC, timezone(timedelta(hours=8))])
def test_parts_of_the_day_are_of_the_utc_day(zone):
    """Cheap from 16:30 to 00:30 UTC; a time without a zone is UTC, as it is there."""
    shift = zone.utcoffset(None) if zone else timedelta(0)
    edges = [
        (datetime.combine(ALWAYS, edge) + shift).time().replace(tzinfo=zone)
        for edge in (time(16, 30), time(0, 30))
    ]
    cheap = TimeOfDateConstraint(*edges)
    told = [
        ConditionalPrice(prices=prices(input_mtok=2)),
        ConditionalPrice(cheap, prices=prices(input_mtok=1)),
    ]
    found = flat(told, "day_part_start_minute", of="input_uncached_tokens")
    assert found == {(0,): 1, (30,): 2, (990,): 1}


def test_a_price_holds_from_its_start_and_the_first_from_ever():
    told = [
        ConditionalPrice(prices=prices(input_mtok=10, output_reasoning_mtok=5)),
        ConditionalPrice(StartDateConstraint(START), prices=prices(input_mtok=2)),
    ]
    assert flat(told, "valid_from", of="input_uncached_tokens") == {
        (ALWAYS,): 10, (START,): 2,
    }  # fmt: skip
    # What is quoted no longer ends, with no price and no name of one.
    assert flat(told, "valid_from", "price_key", of="reasoning_tokens") == {
        (ALWAYS, "output_reasoning_mtok"): 5, (START, None): None,
    }  # fmt: skip


def test_a_variant_without_a_start_holds_from_ever_and_others_from_theirs():
    variants = [
        PriceVariant({"processing": "batch"}, prices(input_mtok=1)),
        PriceVariant(
            {"service_tier": "flex"}, prices(input_mtok=2), StartDateConstraint(START)
        ),
        PriceVariant({"route": "acme/eu"}, prices(input_mtok=5)),
        PriceVariant({"search": "deep"}, prices(input_mtok=6)),
    ]
    told = prices(input_mtok=4, output_mtok=8)
    found = flat(
        told, "processing_tier", "geography", "valid_from",
        variants=variants, of="input_uncached_tokens",
    )  # fmt: skip
    assert found == {
        ("standard", None, ALWAYS): 4,
        ("batch", None, ALWAYS): 1,
        ("flex", None, START): 2,
        ("standard", "eu", ALWAYS): 5,
    }
    # A variant quotes no output: the standard price holds in it.
    found = flat(
        told, "processing_tier", "valid_from",
        variants=variants[:2], of="output_tokens",
    )  # fmt: skip
    assert found == {
        ("standard", ALWAYS): 8, ("batch", ALWAYS): 8, ("flex", START): 8,
    }  # fmt: skip


@pytest.fixture
def install(home, monkeypatch):
    """Pretend that a version of the library says this; the rows written, by stream."""

    def install(version, *said):
        monkeypatch.setattr("genai_prices.data.providers", list(said))
        monkeypatch.setattr("loaders.prices.snapshot.version", lambda _: version)
        moment = datetime(2026, 1, int(version), tzinfo=UTC)
        written = {}
        for path in write_new_prices(home, moment):
            with path.open() as file:
                rows = list(csv.DictReader(file))
            assert {row["source_version"] for row in rows} == {version}
            assert {row["observed_at"][:10] for row in rows} == {f"2026-01-0{version}"}
            written[path.name.partition("-")[0]] = rows
        return written

    return install


def book(written):
    return sorted(
        (row["model_id"], row["token_class"], row["price"], row["is_withdrawn"])
        for row in written.get("price_book", ())
    )


def test_nothing_is_written_twice(install):
    said = provider(model("m", prices(output_mtok=1)))
    first = install("1", said)
    assert len(first["price_book"]) == 2
    assert len(first["price_models"]) == 2
    assert install("1", said) == {}
    assert install("2", said) == {}


def test_a_changed_library_writes_what_changed_and_what_it_took_back(install):
    def version(number, *models):
        return install(str(number), provider(*models))

    same = model("same", prices(output_mtok=1))
    only = {"output_mtok": 2, "output_audio_mtok": 3}
    version(1, same, model("m", prices(**only)), model("gone", prices(output_mtok=4)))
    # A price that changed, and a model that is there no longer.
    second = version(2, same, model("m", prices(**only | {"output_mtok": 5})))
    assert book(second) == [
        ("gone", "audio_output_tokens", "", "true"),
        ("gone", "output_tokens", "", "true"),
        ("m", "output_tokens", "5.000000000000000000", "false"),
    ]
    # Names hold together.
    assert {row["names"] for row in second["price_models"]} == {"", "same", "m"}
    # What is gone is not taken back again, and what is back is said again.
    third = version(3, same, model("m", prices(**only)))
    assert book(third) == [("m", "output_tokens", "2.000000000000000000", "false")]
    assert "price_models" not in third
    fourth = version(4, same, model("gone", prices(output_mtok=4)))
    assert book(fourth) == [
        ("gone", "audio_output_tokens", "4.000000000000000000", "false"),
        ("gone", "output_tokens", "4.000000000000000000", "false"),
        ("m", "audio_output_tokens", "", "true"),
        ("m", "output_tokens", "", "true"),
    ]


def test_only_a_name_that_is_new_writes_names_alone(install):
    install("1", provider(model("m", prices(output_mtok=1))))
    either = ClauseOr(or_=[ClauseEquals(equals="m"), ClauseEquals(equals="n")])
    second = install("2", provider(model("m", prices(output_mtok=1), match=either)))
    assert list(second) == ["price_models"]
    assert len(second["price_models"]) == 3


TEXT = st.text("ab-.x", max_size=8)
# What the library's expressions are made of, without what stands for itself.
PART = st.lists(
    st.sampled_from(["a", "b", "-", r"\.", ".", "[ab]", "x?", "(?:a|b)", "a+", "$"]),
    min_size=1, max_size=4,
).map("".join)  # fmt: skip


def clauses_of(rule):
    """(Kind, text) of each of a model's clauses."""
    rows = name_rows([provider(model("m", prices(), match=rule))])
    return [
        (row["clause_kind"], row["clause_text"])
        for row in rows
        if row["clause_of"] == "model"
    ]


@given(PART, PART, TEXT)
def test_a_look_ahead_becomes_two_clauses_that_mean_the_same(not_this, this, name):
    rule = ClauseRegex(regex=f"^(?!{not_this}){this}")
    ((kind, without), (other_kind, within)) = clauses_of(rule)
    assert (kind, other_kind) == ("not_regex", "regex")
    holds = re.search(without, name) is None and re.search(within, name) is not None
    assert holds == rule.is_match(name)
    with duckdb.connect() as con:
        (found,) = con.execute(
            "select not regexp_matches($name, $without) "
            "and regexp_matches($name, $within)",
            {"name": name, "without": without, "within": within},
        ).fetchone()
    assert found == holds


@pytest.mark.parametrize("regex", ["a(?!b)", "(?<=a)b", "(?<!a)b", "^(?=a)b"])
def test_a_name_that_no_engine_can_tell_stays_unknown(regex):
    readable = ClauseEquals(equals="a")
    assert clauses_of(ClauseRegex(regex=regex)) == []
    assert clauses_of(ClauseAnd(and_=[readable, ClauseRegex(regex=regex)])) == []
    assert clauses_of(ClauseOr(or_=[ClauseRegex(regex=regex), readable])) == [
        ("equals", "a")
    ]


def test_a_rule_becomes_alternatives_of_clauses_that_all_hold():
    rule = ClauseAnd(
        and_=[
            ClauseOr(or_=[ClauseEquals(equals="A"), ClauseContains(contains="B")]),
            ClauseRegex(regex="^c"),
        ]
    )
    rows = name_rows([provider(model("m", prices(), match=rule))])
    assert [
        (row["rank"], row["alternative_no"], row["clause_kind"], row["clause_text"])
        for row in rows
        if row["clause_of"] == "model"
    ] == [
        (0, 0, "equals", "a"), (0, 0, "regex", "^c"),
        (0, 1, "contains", "b"), (0, 1, "regex", "^c"),
    ]  # fmt: skip


# The model of each asked name: the provider's own list, then those that it sells at.
FOUND = """
with lists as (
    select distinct provider_id, provider_id as list_id, -1 as list_no from clauses
    union all
    select provider_id, names, rank from clauses where clause_of = 'fallback'
),
tried as (
    select asked.*, list_no, rank, names
    from asked
    inner join lists using (provider_id)
    inner join clauses on clauses.provider_id = list_id and clause_of = 'model'
    group by no, provider_id, name, list_id, list_no, rank, names, alternative_no
    having bool_and(case clause_kind
        when 'equals' then name = clause_text
        when 'starts_with' then starts_with(name, clause_text)
        when 'ends_with' then ends_with(name, clause_text)
        when 'contains' then contains(name, clause_text)
        when 'regex' then regexp_matches(name, clause_text)
        when 'not_regex' then not regexp_matches(name, clause_text)
    end)
)
select no, first(names order by list_no, rank) from tried group by no
"""


def found(names):
    """Which model each (provider, name) is, by the clauses."""
    asked = [
        {"no": no, "provider_id": whose, "name": name.lower()}
        for no, (whose, name) in enumerate(names)
    ]
    with duckdb.connect() as con:
        con.register("asked", pa.Table.from_pylist(asked))
        con.register("clauses", pa.Table.from_pylist(list(name_rows(providers))))
        models = dict(con.execute(FOUND).fetchall())
    return [models.get(no) for no in range(len(names))]


def mutated(rng, name):
    """A name as somebody might write it, or as nobody would."""
    place = rng.randrange(len(name) + 1)
    return rng.choice([
        name.upper(), name[:place] + name[place + 1:], name[:place], name[place:],
        name[:place] + rng.choice("-.:/@1ax") + name[place:],
        name + rng.choice(["-latest", "-preview", "-20250101", ":free", "-v1:0", "-x"]),
        rng.choice(["us.", "openai/", "anthropic.", "models/", "x-"]) + name,
    ])  # fmt: skip


def test_names_are_known_as_the_library_knows_them():
    rng = random.Random(7)  # noqa: S311
    by_id = {listed.id: listed for listed in providers}
    ids = [(whose.id, listed.id) for whose in providers for listed in whose.models]
    names = ids + [
        (rng.choice([whose, *by_id]), mutated(rng, name))
        for whose, name in rng.choices(ids, k=2000)
    ]
    for (whose, name), known in zip(names, found(names), strict=True):
        # A date with dashes is a name of its own; who looks it up tries both.
        expected = by_id[whose]._match_model(name.lower(), all_providers=providers)
        assert known == (expected and expected.id), (whose, name)
