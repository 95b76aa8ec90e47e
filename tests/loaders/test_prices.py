"""The price library, flattened: its prices as rows, and only what is new."""

import csv
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from time import tzset

import pytest
from genai_prices.types import (
    ClauseEquals,
    ClauseOr,
    ConditionalPrice,
    ModelPrice,
    PriceVariant,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from loaders.prices.library import price_rows
from loaders.prices.snapshot import write_new_prices
from tests.loaders.made_prices import model, prices, provider

ALWAYS = date(1970, 1, 1)
START = date(2025, 6, 10)


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
    assert flat(told, "context_tier_tokens", of="input_uncached_tokens") == {
        (0,): 3, (200_000,): 6, (400_000,): 12,
    }  # fmt: skip
    assert flat(told, "context_tier_tokens", of="output_tokens") == {
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


@pytest.mark.parametrize(
    ("told", "reason", "field"),
    [
        ({"price": "-1"}, "negative", "price"),
        ({"price": "2,50"}, "not_an_amount", "price"),
        ({"per_quantity": "100"}, "unknown_value", "per_quantity"),
        ({"token_class": "tokens"}, "unknown_value", "token_class"),
        ({"context_tier_tokens": "-1"}, "negative", "context_tier_tokens"),
        ({"valid_from": "soon"}, "not_a_time", "valid_from"),
        ({"observed_at": ""}, "missing", "observed_at"),
        ({"model_id": ""}, "missing", "model_id"),
    ],
)
def test_a_price_that_is_none_is_refused_by_field(load, rejected, told, reason, field):
    row = {
        "provider_id": "acme", "model_id": "m", "token_class": "output_tokens",
        "processing_tier": "standard", "context_tier_tokens": "0",
        "day_part_start_minute": "0", "price": "2.50", "per_quantity": "1000000",
        "currency_code": "USD", "valid_from": "2026-01-01", "source": "contract",
        "observed_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    lines = [",".join(row), ",".join(row.values()), ",".join((row | told).values())]
    outcome = load(
        "\n".join(lines).replace("2,50", '"2,50"').encode(), "price_book.csv"
    )
    assert (outcome.entry.landed_count, outcome.entry.quarantined_count) == (1, 1)
    (refused,) = rejected()
    assert (refused["reason"], refused["field"]) == (reason, field)
