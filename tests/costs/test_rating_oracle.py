"""Rating in SQL gives what genai-prices' own `calc_price` gives, case for case."""

import os
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from genai_prices import Usage, calc_price
from genai_prices.data import providers

from loaders.prices.library import price_rows
from nightly.database import opened
from tests.costs.rated import rate

CASES = 100_000
# What may differ, and why; anything else is a fault.
ROUNDED = "the price has more digits than an amount"
TIERS = {
    "batch": {"processing": "batch"},
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "fast": {"service_tier": "fast", "speed": "fast"},
}
# Days on which some price begins, and their neighbours.
STARTS = sorted({row["valid_from"] for row in price_rows(providers)})
DAYS = sorted(
    day
    for start in STARTS
    for day in (start - timedelta(days=1), start, start + timedelta(days=1))
    if date(2024, 1, 1) < day < date(2027, 12, 31)
)
EDGES = [0, 1, 31_999, 32_000, 32_001, 100_000, 128_000, 128_001, 199_999, 200_000,
         200_001, 256_001, 272_000, 272_001, 512_001]  # fmt: skip


def models():
    """(Provider, name) of everything that the library finds by that name."""
    for provider in providers:
        for model in provider.models:
            if provider.find_model(model.id, all_providers=providers):
                yield provider.id, model.id
        for other in provider.fallback_model_providers or ():
            listed = next(p for p in providers if p.id == other)
            for model in listed.models:
                if provider.find_model(model.id, all_providers=providers):
                    yield provider.id, model.id


def drawn(rng, number, known):
    """An attempt, as fct_attempts has it."""
    provider, model = rng.choice(known)
    day = rng.choice(DAYS)
    minute = rng.choice([rng.randrange(1440), 29, 30, 59, 60, 239, 240, 989, 990])
    tier = rng.choice([None, None, "default", *TIERS])
    whole = rng.choice([rng.choice(EDGES), rng.randrange(400_000), rng.randrange(5000)])
    parts = sorted(rng.randrange(whole + 1) for _ in range(4))
    read, write_5m, write_1h, write_other = (
        rng.choice([0, part - before])
        for part, before in zip(parts, [0, *parts[:3]], strict=True)
    )
    uncached = whole - read - write_5m - write_1h - write_other
    audio, image = rng.choice([(0, 0), (uncached // 3, uncached // 4)])
    cached_audio = rng.choice([0, read // 2]) if audio else 0
    output = rng.randrange(20_000)
    audio_out, reasoning = rng.choice([(0, 0), (output // 3, output // 2)])
    moment = datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute)
    return {
        "request_id": f"r{number}", "api_key_id": f"k{number}", "gateway": "g",
        "provider": provider, "model_served": model, "requested_at": moment,
        "event_date": day, "is_batch": tier == "batch" or None,
        "service_tier": None if tier == "batch" else tier, "is_counted": True,
        "status_code": 200, "attempt_no": 1, "token_basis": "provider_reported",
        "input_uncached_tokens": uncached, "cache_read_tokens": read,
        "cache_write_5m_tokens": write_5m, "cache_write_1h_tokens": write_1h,
        "cache_write_other_tokens": write_other, "output_tokens": output,
        "reasoning_tokens": reasoning, "audio_input_tokens": audio + cached_audio,
        "cache_read_audio_tokens": cached_audio, "audio_output_tokens": audio_out,
        "image_input_tokens": image, "web_search_calls": rng.choice([0, 0, 3]),
    }  # fmt: skip


def calculated(case):
    """What the library says that the attempt costs."""
    written = (
        case["cache_write_5m_tokens"]
        + case["cache_write_1h_tokens"]
        + case["cache_write_other_tokens"]
    )
    usage = Usage(
        input_tokens=case["input_uncached_tokens"]
        + case["cache_read_tokens"]
        + written,
        cache_read_tokens=case["cache_read_tokens"],
        cache_write_tokens=written,
        cache_write_5m_tokens=case["cache_write_5m_tokens"],
        cache_write_1h_tokens=case["cache_write_1h_tokens"],
        input_audio_tokens=case["audio_input_tokens"],
        cache_audio_read_tokens=case["cache_read_audio_tokens"],
        input_image_tokens=case["image_input_tokens"],
        cache_image_read_tokens=0,
        cache_audio_write_tokens=0,
        cache_image_write_tokens=0,
        output_tokens=case["output_tokens"],
        output_audio_tokens=case["audio_output_tokens"],
        output_reasoning_tokens=case["reasoning_tokens"],
        output_audio_reasoning_tokens=0,
        web_searches=case["web_search_calls"],
    )
    tier = "batch" if case["is_batch"] else case["service_tier"]
    return calc_price(
        usage,
        case["model_served"],
        provider_id=case["provider"],
        genai_request_timestamp=case["requested_at"].replace(tzinfo=UTC),
        price_context=TIERS.get(tier),
    ).total_price


@pytest.fixture(scope="module")
def cases():
    rng = random.Random(1 if "CI" in os.environ else None)  # noqa: S311
    known = sorted(set(models()))
    return [drawn(rng, number, known) for number in range(CASES)]


def test_rated_cost_is_what_the_library_calculates(home, cases):
    (home.path / "tollbook.toml").unlink()
    rate(home, pa.Table.from_pylist(cases))
    with opened(home.warehouse, read_only=True) as con:
        found = dict(con.execute(
            "select api_key_id, sum(rated_cost_usd) from costs.fct_cost_lines "
            "group by api_key_id"
        ).fetchall())  # fmt: skip
        rounded = {key for (key,) in con.execute(
            "select distinct api_key_id from costs.fct_cost_lines "
            "where price_basis like '%rounded%'"
        ).fetchall()}  # fmt: skip
    reasons = Counter()
    for case in cases:
        key = case["api_key_id"]
        rated, expected = found.get(key) or Decimal(0), calculated(case)
        if rated == expected:
            continue
        # A line is kept at 12 digits; an attempt has at most 14 of them.
        assert abs(rated - expected) <= Decimal("7e-12"), (case, rated, expected)
        reasons[ROUNDED] += 1
        assert key in rounded or -expected.as_tuple().exponent > 12, case
    assert sum(reasons.values()) < CASES / 100, reasons
