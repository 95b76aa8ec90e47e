"""The contract: what a row of each stream is, in one place.

Every format projects onto these columns; landing checks them; the dbt source YAML is
tested against them. Times are UTC microseconds, durations bigint microseconds, money
decimal. Null means unknown, never zero.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

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

# A time outside these bounds is a wrong unit, not an old request.
EARLIEST_TIME = "2015-01-01"
LATEST_TIME = "2100-01-01"
# No meter, size or duration of one request is larger, and sums of them stay in range.
MOST = 10**12
MOST_USD = 10**9
# Longer values are attacks or content that lost its way; identifiers are short.
MAX_TEXT_BYTES = 4096


@dataclass(frozen=True)
class Column:
    """One column of a stream.

    Attributes:
        name: Final name; the unit is in it.
        type: Portable type word (`string bigint boolean timestamp decimal(p,s)`).
        is_required: A record without it is quarantined.
        values: The closed list of allowed values; empty means any.
        personal: A raw personal identifier: pseudonymised before landing.
    """

    name: str
    type: str
    is_required: bool = False
    values: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True)
class Stream:
    """A stream: its columns, the time that gives its UTC day, and what identifies it.

    Attributes:
        name: Folder under `lake/`.
        time_column: The UTC timestamp whose day is the partition.
        columns: In landing order; `event_date` is the partition, not a column here.
    """

    name: str
    time_column: str
    columns: tuple[Column, ...]

    @property
    def fingerprint(self) -> str:
        """Changes when a column is added, so that readers know older files by it."""
        text = ",".join(f"{column.name} {column.type}" for column in self.columns)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


# Two raw values that a projection hands to landing and that never reach the lake:
# `client_ip` becomes client_ip_hash, client_net_hash and ip_family.
CLIENT_IP = "client_ip"
DERIVED_FROM_CLIENT_IP = ("client_ip_hash", "client_net_hash", "ip_family")
# What landing itself adds to every row.
ADDED_BY_LANDING = ("source_format", "load_id", "record_no")


def _columns(type_: str, names: str) -> tuple[Column, ...]:
    return tuple(Column(name, type_) for name in names.split())


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
        Column("api_key_id", "string"),
        Column("developer_id", "string", personal=True),
        *_columns(
            "string",
            "application_id project_id team_id organization_id plan_id client_id",
        ),
        Column("end_user_id", "string", personal=True),
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

STREAMS: Mapping[str, Stream] = {stream.name: stream for stream in (GATEWAY_REQUESTS,)}

# Column -> type of `lake/_quarantine/<stream>/*.parquet`. Never the text itself.
QUARANTINE_COLUMNS: Mapping[str, str] = {
    "load_id": "string",
    "file_sha256": "string",
    "record_no": "bigint",
    "line_no": "bigint",
    "byte_offset": "bigint",
    "length_bytes": "bigint",
    "reason": "string",
    "field": "string",
    "parser_position": "bigint",
}


def duckdb_type(type_: str) -> str:
    """The DuckDB spelling of a portable type word."""
    return "varchar" if type_ == "string" else type_
