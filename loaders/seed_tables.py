"""The rule tables: facts that no system holds, which people write as CSV.

A table that is added here is read, checked and handed to dbt like the others; it needs
a file in `seeds/`, with its header at least, and a staging model.
"""

from loaders.prices.streams import TOKEN_CLASSES
from loaders.seed_shapes import Check, Column, Ranges, RuleTable

_VALID = (
    Column("valid_from", "date", is_required=True),
    Column("valid_before", "date"),
)
_SOURCE = Column("source")
_CURRENCY = Column("currency_code", is_required=True, refers_to="currencies")
_NOT_EMPTY = Check(
    "valid_before", "valid_before > valid_from", "must be after valid_from"
)
# Largest remainders are exact to here on both engines: fct_pool_allocations.
_MOST_MINOR_UNITS = """
    abs(amount) <= (
        select cast('1e' || (15 - minor_unit_exponent) as decimal(38, 18))
        from currencies where currencies.currency_code = rows.currency_code
    )
"""
_SCOPES = ("all", "cost_center", "team", "project", "application", "organization")

CURRENCIES = RuleTable(
    "currencies",
    (
        Column(
            "currency_code",
            is_required=True,
            holds="regexp_full_match(currency_code, '[A-Z]{3}')",
            says="three capital letters",
        ),
        Column(
            "minor_unit_exponent",
            "bigint",
            is_required=True,
            holds="minor_unit_exponent between 0 and 4",
            says="a number from 0 to 4",
        ),
    ),
    key=("currency_code",),
)
PROVIDER_ALIASES = RuleTable(
    "provider_aliases",
    (
        Column(
            "provider",
            is_required=True,
            holds="provider = lower(provider)",
            says="in lower case",
        ),
        Column("provider_id", is_required=True),
    ),
    key=("provider",),
)
MODEL_ALIASES = RuleTable(
    "model_aliases",
    (
        Column("provider_id", is_required=True),
        Column("model_name", is_required=True),
        Column("model_id", is_required=True),
    ),
    key=("provider_id", "model_name"),
)
PRICE_OVERRIDES = RuleTable(
    "price_overrides",
    (
        Column("provider_id", is_required=True),
        Column("model_id"),
        Column("token_class", allowed=TOKEN_CLASSES),
        Column(
            "processing_tier",
            holds="processing_tier = lower(processing_tier)",
            says="in lower case",
        ),
        Column("gateway"),
        Column("price", "decimal(38,18)", holds="price >= 0", says="not negative"),
        Column(
            "per_quantity",
            "bigint",
            holds="per_quantity in (1, 1000, 1000000, 1000000000)",
            says="one of 1, 1000, 1000000 and 1000000000",
        ),
        Column(
            "discount_factor",
            "decimal(9,8)",
            holds="discount_factor > 0 and discount_factor <= 2",
            says="above 0 and at most 2",
        ),
        Column("currency_code", refers_to="currencies"),
        *_VALID,
        Column("known_from", "timestamp"),
        Column("contract_id"),
        _SOURCE,
    ),
    checks=(
        Check(
            "price",
            "(price is null) <> (discount_factor is null)",
            "either price and per_quantity, or discount_factor",
        ),
        Check(
            "per_quantity",
            "(price is null) = (per_quantity is null)",
            "price and per_quantity belong together",
        ),
        # A price in another currency would rate nothing, and nobody would know.
        Check(
            "currency_code",
            "price is null or currency_code is not distinct from 'USD'",
            "a price must be in USD",
        ),
        _NOT_EMPTY,
    ),
    # What was learnt later replaces what was known: no overlap but a correction.
    ranges=Ranges(
        (
            "provider_id",
            "model_id",
            "token_class",
            "processing_tier",
            "gateway",
            "known_from",
        )
    ),
)
ALLOCATION_POLICIES = RuleTable(
    "allocation_policies",
    (
        Column("pool_id", is_required=True),
        Column(
            "method",
            is_required=True,
            allowed=("proportional", "even", "fixed", "none"),
        ),
        Column("driver", allowed=("rated_cost", "tokens", "requests")),
        Column("cost_center_id"),
        Column(
            "weight",
            "decimal(18,6)",
            # A pool times a weight must keep its digits: fct_pool_allocations.
            holds="weight between 0 and 1000000000",
            says="from 0 to 1000000000",
        ),
        *_VALID,
        _SOURCE,
    ),
    checks=(
        Check(
            "driver",
            "(method = 'proportional') = (driver is not null)",
            "a driver for proportional, and for nothing else",
        ),
        Check(
            "cost_center_id",
            "(method = 'fixed') = (cost_center_id is not null)",
            "a cost centre for fixed, and for nothing else",
        ),
        Check(
            "weight",
            "(method = 'fixed') = (weight is not null)",
            "a weight for fixed, and for nothing else",
        ),
        _NOT_EMPTY,
    ),
    # One policy of fixed weights is as many rows as it has cost centres.
    ranges=Ranges(
        ("pool_id",),
        unless="""
            earlier.method = 'fixed'
            and later.method = 'fixed'
            and earlier.valid_from = later.valid_from
            and earlier.valid_before is not distinct from later.valid_before
            and earlier.cost_center_id <> later.cost_center_id
        """,
    ),
)
COST_POOLS = RuleTable(
    "cost_pools",
    (
        Column("pool_id", is_required=True),
        Column(
            "month",
            "date",
            is_required=True,
            holds="day(month) = 1",
            says="the first day of a month",
        ),
        Column(
            "amount",
            "decimal(38,18)",
            is_required=True,
            holds="amount = round(amount, 12)",
            says="12 digits after the point at most",
        ),
        _CURRENCY,
        Column("name"),
        _SOURCE,
    ),
    key=("pool_id", "month"),
    checks=(Check("amount", _MOST_MINOR_UNITS, "10^15 minor units at most"),),
)
BUDGETS = RuleTable(
    "budgets",
    (
        Column("budget_id", is_required=True),
        Column("name"),
        Column(
            "scope",
            is_required=True,
            allowed=_SCOPES,
        ),
        Column("scope_id"),
        Column(
            "monthly_budget_usd",
            "decimal(38,12)",
            is_required=True,
            holds="monthly_budget_usd between 0 and 1e15",
            says="from 0 to 10^15",
        ),
        *_VALID,
        _SOURCE,
    ),
    checks=(
        Check(
            "scope_id",
            "(scope = 'all') = (scope_id is null)",
            "whom the budget is for; blank for all",
        ),
        _NOT_EMPTY,
    ),
    ranges=Ranges(("budget_id",)),
)

# In this order: a table comes after those that it refers to.
TABLES = (
    CURRENCIES,
    PROVIDER_ALIASES,
    MODEL_ALIASES,
    PRICE_OVERRIDES,
    ALLOCATION_POLICIES,
    COST_POOLS,
    BUDGETS,
)
