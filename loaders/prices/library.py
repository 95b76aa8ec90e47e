"""genai-prices, flattened: a row a price, exactly as the library resolves it.

The library answers one question at a time: what does this request cost? It is asked at
every moment, tier and part of the day at which its answer can change, so that the rows
hold whatever it means by its conditions, and no rule of it is written again here.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from itertools import product
from typing import Any

SOURCE = "genai-prices"
_FIRST_DAY = date(1970, 1, 1)
# The library's context of a request -> our tier. A context that no gateway's record
# tells (a search's type) is left out.
_TIERS = {
    ("processing", "batch"): "batch",
    ("service_tier", "flex"): "flex",
    ("service_tier", "priority"): "priority",
    ("service_tier", "fast"): "fast",
    ("speed", "fast"): "fast",
}
_STANDARD = "standard"
# The context whose value ends in a geography, "mistral/eu".
_ROUTE = "route"
# Token class -> the keys of the library that can price it, the closest first: what has
# no price of its own is part of what it lies in.
_PRICE_KEYS: Mapping[str, Sequence[str]] = {
    "input_uncached_tokens": ("input_mtok",),
    "audio_input_tokens": ("input_audio_mtok", "input_mtok"),
    "image_input_tokens": ("input_image_mtok", "input_mtok"),
    "cache_read_tokens": ("cache_read_mtok", "input_mtok"),
    "cache_read_audio_tokens": (
        "cache_audio_read_mtok", "cache_read_mtok", "input_audio_mtok", "input_mtok",
    ),
    "cache_write_5m_tokens": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h_tokens": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_other_tokens": ("cache_write_mtok", "input_mtok"),
    "output_tokens": ("output_mtok",),
    "audio_output_tokens": ("output_audio_mtok", "output_mtok"),
    "reasoning_tokens": ("output_reasoning_mtok",),
    "web_search_calls": ("web_searches_kcount",),
    "requests": ("requests_kcount",),
}  # fmt: skip

Row = dict[str, Any]
_Quote = tuple[str, Decimal, int]


def price_rows(providers: Sequence[Any]) -> Iterator[Row]:
    """Every price that the library's data holds, from when on it does.

    Args:
        providers: `genai_prices.data.providers`.

    Yields:
        Columns of `price_book` but those of provenance. US dollars.
    """
    for provider in providers:
        for model in provider.models:
            named = {"provider_id": provider.id, "model_id": model.id}
            for row in _rows_of(model):
                yield named | row


def _rows_of(model: Any) -> Iterator[Row]:  # noqa: ANN401  the library's ModelInfo
    days = [_FIRST_DAY, *sorted(_start_days(model))]
    for (tier, geography), context in _contexts(model).items():
        for minute in _day_parts(model):
            resolved = [_prices(model, _moment(day, minute), context) for day in days]
            for start, token_class in product(_context_starts(model), _PRICE_KEYS):
                key = {
                    "token_class": token_class,
                    "processing_tier": tier,
                    "context_tier_tokens": start,
                    "day_part_start_minute": minute,
                    "geography": geography,
                }
                quotes = [_quote(prices, token_class, start) for prices in resolved]
                yield from _changes(key, days, quotes)


def _changes(
    key: Row, days: Sequence[date], quotes: Sequence[_Quote | None]
) -> Iterator[Row]:
    """A row for each day on which the quote becomes another one; null where it ends."""
    before: _Quote | None = None
    for day, quote in zip(days, quotes, strict=True):
        if quote != before:
            price_key, price, per = quote or (None, None, 1)
            yield key | {
                "price": price,
                "per_quantity": per,
                "currency_code": "USD",
                "price_key": price_key,
                "valid_from": day,
            }
        before = quote


def _quote(prices: Mapping[str, Any], token_class: str, start: int) -> _Quote | None:
    """The price of a class for requests of more than `start` input tokens."""
    for key in _PRICE_KEYS[token_class]:
        if (found := prices.get(key)) is not None:
            tiers = getattr(found, "tiers", ())
            reached = [tier.price for tier in tiers if tier.start <= start]
            price = reached[-1] if reached else getattr(found, "base", found)
            return key, price, _per_quantity()[key]
    return None


def _prices(
    model: Any,  # noqa: ANN401
    moment: datetime,
    context: Mapping[str, str],
) -> Mapping[str, Any]:
    """The library's prices by key; none before a variant's first recorded day."""
    variants = [v for v in model.price_variants or () if v.when == context]
    is_active = any(
        variant.constraint is None or variant.constraint.active(moment)
        for variant in variants
    )
    if context and not is_active:
        return {}
    return dict(vars(model.get_prices(moment, context)))


def _contexts(model: Any) -> dict[tuple[str, str | None], dict[str, str]]:  # noqa: ANN401
    """(Tier, geography) -> what the library calls it."""
    found: dict[tuple[str, str | None], dict[str, str]] = {(_STANDARD, None): {}}
    for variant in model.price_variants or ():
        if len(variant.when) == 1:
            ((name, value),) = variant.when.items()
            if name == _ROUTE:
                found[_STANDARD, value.rpartition("/")[2]] = variant.when
            elif (name, value) in _TIERS:
                found[_TIERS[name, value], None] = variant.when
    return found


def _constraints(model: Any) -> Iterator[Any]:  # noqa: ANN401
    conditional = model.prices if isinstance(model.prices, list) else ()
    for holder in (*conditional, *(model.price_variants or ())):
        if holder.constraint is not None:
            yield holder.constraint


def _start_days(model: Any) -> set[date]:  # noqa: ANN401
    return {c.start_date for c in _constraints(model) if hasattr(c, "start_date")}


def _day_parts(model: Any) -> list[int]:  # noqa: ANN401
    """Minutes of the UTC day at which prices change, midnight first."""
    times: set[time] = set()
    for constraint in _constraints(model):
        if hasattr(constraint, "start_time"):
            times |= {constraint.start_time, constraint.end_time}
    # A time without a zone is UTC to the library, and to Python the machine's.
    zoned = (t if t.tzinfo else t.replace(tzinfo=UTC) for t in times)
    utc = (datetime.combine(_FIRST_DAY, t).astimezone(UTC) for t in zoned)
    return sorted({0} | {moment.hour * 60 + moment.minute for moment in utc})


def _context_starts(model: Any) -> list[int]:  # noqa: ANN401
    conditional = model.prices if isinstance(model.prices, list) else ()
    holders = [
        holder.prices for holder in (*conditional, *(model.price_variants or ()))
    ]
    if not isinstance(model.prices, list):
        holders.append(model.prices)
    return sorted(
        {0}
        | {
            tier.start
            for prices in holders
            for price in vars(prices).values()
            for tier in getattr(price, "tiers", ())
        }
    )


def _moment(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(minutes=minute)


@cache
def _per_quantity() -> Mapping[str, int]:
    """How many units each of the library's prices is for."""
    from genai_prices.data_units import unit_data

    return {unit["price_key"]: unit["per"] for unit in unit_data.values()}
