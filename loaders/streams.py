"""The streams: what a row of each is, in one place.

Every format projects onto these columns; landing checks them; the dbt source YAML is
tested against them. Times are UTC microseconds, durations bigint microseconds, money
decimal. Null means unknown, never zero.
"""

from collections.abc import Iterable, Mapping

from loaders.contract import Column, Stream
from loaders.prices.streams import PRICES

ERROR_TYPES = (
    "validation",
    "auth",
    "rate_limit",
    "quota",
    "not_found",
    "timeout",
    "upstream",
    "gateway",
    "aborted",
    "client_other",
    "unknown",
)
TOKEN_BASES = (
    "provider_reported",
    "gateway_normalized",
    "estimated",
    "replayed_from_cache",
    "missing",
)


def _columns(type_: str, names: str) -> tuple[Column, ...]:
    return tuple(Column(name, type_) for name in names.split())


# As the record names them; ids of people are pseudonymised.
_CONSUMER = (
    Column("api_key_id", "string"),
    Column("developer_id", "string", personal=True),
    *_columns(
        "string",
        "application_id project_id team_id organization_id plan_id client_id",
    ),
    Column("end_user_id", "string", personal=True),
)

GATEWAY_REQUESTS = Stream(
    name="gateway_requests",
    time_column="requested_at",
    columns=(
        # identity
        Column("request_id", "string", is_required=True),
        Column("id_basis", "string", is_required=True, values=("vendor", "content")),
        *_columns(
            "string",
            "logical_request_id idempotency_key trace_id provider_response_id",
        ),
        # time
        Column("requested_at", "timestamp", is_required=True),
        *_columns("timestamp", "completed_at client_sent_at"),
        # consumer
        *_CONSUMER,
        # surface
        Column("gateway", "string", is_required=True),
        *_columns(
            "string",
            "service endpoint method api_version operation environment job_type "
            "prompt_template_id",
        ),
        # model
        *_columns(
            "string",
            "provider model_requested model_served deployment_id upstream_host "
            "provider_account_hint provider_project_hint service_tier",
        ),
        Column("is_batch", "boolean"),
        *_columns("string", "fallback_from_model retry_reason"),
        # What the gateway itself says it tried before this record, logged or not.
        *_columns("bigint", "attempted_retries attempted_fallbacks"),
        # network
        *_columns(
            "string",
            "region pop asn ip_family country network_type client_ip_hash "
            "client_net_hash sdk_name sdk_version runtime device_class",
        ),
        # timings
        *_columns("bigint", "request_duration_us upstream_us queue_us gateway_us"),
        Column("ttft_us", "bigint"),
        # result
        Column("status_code", "bigint"),
        Column("error_type", "string", values=ERROR_TYPES),
        *_columns("string", "error_code finish_reason"),
        *_columns("boolean", "is_streamed is_aborted is_gateway_cache_hit"),
        Column("cache_status", "string"),
        # meters: disjoint parts of the input, then the output
        *_columns(
            "bigint",
            "input_uncached_tokens cache_read_tokens cache_write_5m_tokens "
            "cache_write_1h_tokens cache_write_other_tokens output_tokens",
        ),
        # of which: never added to the others
        *_columns(
            "bigint",
            "reasoning_tokens audio_input_tokens cache_read_audio_tokens "
            "audio_output_tokens image_input_tokens",
        ),
        *_columns(
            "bigint",
            "image_units web_search_calls request_bytes response_bytes input_items",
        ),
        Column("token_basis", "string", is_required=True, values=TOKEN_BASES),
        Column("logged_cost_usd", "decimal(38,12)"),
        # quota
        Column("quota_bucket", "string"),
        *_columns("bigint", "quota_consumed quota_limit quota_remaining"),
        # experiments and tags
        *_columns("string", "experiment variant feature_flags tags params"),
        # model quality
        *_columns("decimal(9,6)", "prediction_confidence feedback_score"),
        # provenance
        Column("source_format", "string", is_required=True),
        Column("source_version", "string"),
        Column("source_updated_at", "timestamp"),
        Column("load_id", "string", is_required=True),
        # Position of the record in its file, from 1; with load_id the row's identity.
        Column("record_no", "bigint", is_required=True),
    ),
)

PRODUCT_EVENT_TYPES = (
    "exposure",
    "feedback",
    "key_issued",
    "key_revoked",
    "plan_changed",
    "quota_changed",
    "signed_up",
)

# What happened to a consumer beside its requests; funnels and experiments read it.
PRODUCT_EVENTS = Stream(
    name="product_events",
    time_column="occurred_at",
    columns=(
        Column("event_id", "string", is_required=True),
        Column("id_basis", "string", is_required=True, values=("vendor", "content")),
        Column("event_type", "string", is_required=True, values=PRODUCT_EVENT_TYPES),
        Column("occurred_at", "timestamp", is_required=True),
        *_CONSUMER,
        Column("gateway", "string", is_required=True),
        # What feedback is about.
        *_columns("string", "request_id logical_request_id"),
        *_columns("string", "experiment variant feature_flags previous_plan_id"),
        Column("feedback_score", "decimal(9,6)"),
        Column("quota_bucket", "string"),
        Column("quota_limit", "bigint"),
        Column("tags", "string"),
        Column("source_format", "string", is_required=True),
        Column("source_version", "string"),
        Column("source_updated_at", "timestamp"),
        Column("load_id", "string", is_required=True),
        Column("record_no", "bigint", is_required=True),
    ),
)


_TYPE_OF_FIRST = {"is": "boolean"}
_TYPE_OF_LAST = {"at": "timestamp", "usd": "decimal(38,12)", "quantity": "bigint"}


def _directory(name: str, ids: str, values: str) -> Stream:
    """A directory table: a row opens a version of the thing that `ids` name."""
    return Stream(
        name=f"directory_{name}",
        time_column="valid_from",
        columns=(
            *(_directory_column(id_, is_required=True) for id_ in ids.split()),
            *(_directory_column(value) for value in values.split()),
            Column("valid_from", "timestamp", is_required=True),
            Column("is_deleted", "boolean"),
            Column("recorded_at", "timestamp"),
            # Of ids, values and is_deleted as landed: tells versions apart.
            Column("row_hash", "string", is_required=True),
            Column("load_id", "string", is_required=True),
            Column("record_no", "bigint", is_required=True),
        ),
        is_dated=False,
        earliest_time="1970-01-01",
    )


def _directory_column(name: str, is_required: bool = False) -> Column:
    words = name.split("_")
    type_ = _TYPE_OF_FIRST.get(words[0]) or _TYPE_OF_LAST.get(words[-1], "string")
    return Column(name, type_, is_required, personal=name == "developer_id")


DIRECTORY = (
    _directory(
        "organizations",
        "organization_id",
        "name plan_id is_internal timezone signed_up_at",
    ),
    _directory("teams", "team_id", "organization_id name cost_center_id"),
    _directory("projects", "project_id", "team_id name"),
    _directory("applications", "application_id", "project_id developer_id name"),
    _directory("developers", "developer_id", "organization_id"),
    _directory(
        "api_keys",
        "api_key_id",
        "application_id project_id team_id developer_id issued_at",
    ),
    _directory(
        "plans",
        "plan_id",
        "name monthly_fee_usd included_quantity quota_bucket overage_unit_price_usd",
    ),
    _directory("plan_endpoints", "plan_id endpoint", ""),
    _directory("cost_centers", "cost_center_id", "name"),
    _directory(
        "provider_accounts",
        "provider payer_account_id",
        "provider_project_id provider_api_key_id role cost_center_id billing_model "
        "currency_code billing_timezone invoice_issuer bill_source contract_id",
    ),
    _directory(
        "deployments",
        "gateway",
        "deployment_id upstream_host model region serving_payer_account_id "
        "billing_payer_account_id canonical_model capacity_kind",
    ),
    _directory("sources", "gateway", "environment source_format"),
)

_ALL = (GATEWAY_REQUESTS, PRODUCT_EVENTS, *DIRECTORY, *PRICES)
STREAMS: Mapping[str, Stream] = {stream.name: stream for stream in _ALL}


def contract_of(streams: Iterable[str]) -> str:
    """Changes with the columns of any of these streams."""
    return ",".join(STREAMS[name].fingerprint for name in streams)
