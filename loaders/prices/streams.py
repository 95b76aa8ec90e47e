"""The price book's streams; the contract's words are in `loaders/contract.py`.

`price_book`: a row says what one unit of a token class costs from `valid_from` on, as
somebody observed it at `observed_at`; the next row of the same key ends it. A price of
null says that there is none from then on. `is_withdrawn` says that the row of that
`valid_from` was a mistake. Rows are never rewritten: what is known now is the latest.

`price_models`: how names that gateways write are known, a clause a row; the rows of the
latest `observed_at` hold together.
"""

from loaders.contract import Column, Stream

# The meters of `gateway_requests` that have prices of their own, and the request.
TOKEN_CLASSES = (
    "input_uncached_tokens",
    "audio_input_tokens",
    "image_input_tokens",
    "cache_read_tokens",
    "cache_read_audio_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "cache_write_other_tokens",
    "output_tokens",
    "audio_output_tokens",
    "reasoning_tokens",
    "image_units",
    "web_search_calls",
    "requests",
)
# A decimal must not be divided, only multiplied by what a power of ten is one of.
PER_QUANTITIES = ("1", "1000", "1000000", "1000000000")
# Clauses of provider names, of model names that say their provider, of model names,
# and other providers whose list a provider's models are looked up in.
CLAUSES = ("provider", "provider_of_model", "model", "fallback")
CLAUSE_KINDS = (
    "equals", "starts_with", "ends_with", "contains", "regex", "not_regex",
)  # fmt: skip

_PROVENANCE = (
    Column("source", "string", is_required=True),
    Column("source_version", "string"),
    Column("observed_at", "timestamp", is_required=True),
)
_LANDED = (
    Column("row_hash", "string", is_required=True),
    Column("load_id", "string", is_required=True),
    Column("record_no", "bigint", is_required=True),
)

PRICE_BOOK = Stream(
    name="price_book",
    time_column="valid_from",
    columns=(
        # whose, and of what
        Column("provider_id", "string", is_required=True),
        Column("model_id", "string", is_required=True),
        Column("token_class", "string", is_required=True, values=TOKEN_CLASSES),
        # standard, batch, flex, priority, fast, …
        Column("processing_tier", "string", is_required=True),
        # Holds for requests of more input tokens than this, up to the next start.
        Column("context_tier_tokens", "bigint", is_required=True),
        # Holds from this minute of the UTC day on, up to the next start.
        Column("day_part_start_minute", "bigint", is_required=True),
        Column("geography", "string"),
        # as quoted
        Column("price", "decimal(38,18)"),
        Column("per_quantity", "bigint", is_required=True, values=PER_QUANTITIES),
        Column("currency_code", "string", is_required=True),
        # What the source calls the price that it quotes for this class.
        Column("price_key", "string"),
        # when it holds, and when we knew
        Column("valid_from", "timestamp", is_required=True),
        Column("is_withdrawn", "boolean"),
        *_PROVENANCE,
        *_LANDED,
    ),
    is_dated=False,
    earliest_time="1970-01-01",
)

PRICE_MODELS = Stream(
    name="price_models",
    time_column="observed_at",
    columns=(
        Column("provider_id", "string", is_required=True),
        Column("clause_of", "string", is_required=True, values=CLAUSES),
        # In this order providers and models are tried; the first that matches is it.
        Column("rank", "bigint", is_required=True),
        # Of a model; of a fallback, the provider whose list it is.
        Column("names", "string"),
        # All clauses of one alternative must hold.
        Column("alternative_no", "bigint", is_required=True),
        Column("clause_kind", "string", is_required=True, values=CLAUSE_KINDS),
        Column("clause_text", "string"),
        *_PROVENANCE,
        *_LANDED,
    ),
    is_dated=False,
    earliest_time="1970-01-01",
)

PRICES = (PRICE_BOOK, PRICE_MODELS)
