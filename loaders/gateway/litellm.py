"""LiteLLM: its log (StandardLoggingPayload) and its table (LiteLLM_SpendLogs)."""

from collections.abc import Set
from pathlib import Path

from loaders.formats import Format

_FOLDER = Path(__file__).parent


def _is_log(keys: Set[str]) -> bool:
    # Spend rows share the first three, and say `spend`.
    return keys >= {"startTime", "call_type", "response_cost"} and "spend" not in keys


def _is_spend_row(keys: Set[str]) -> bool:
    # The head of a long row may end before `spend`; a log's says trace_id by then.
    shared = keys >= {"startTime", "call_type", "request_id"}
    return shared and ("spend" in keys or not keys & {"response_cost", "trace_id"})


# S3, GCS, the generic API: one record per attempt.
LITELLM = Format(
    name="litellm",
    version="2",
    stream="gateway_requests",
    rank=10,
    calls=_FOLDER / "litellm_log.sql",
    projection=_FOLDER / "litellm.sql",
    default_gateway="litellm",
    recognises=_is_log,
)
# A dump of the table: one row per call. The log says more, and is kept where both do.
LITELLM_SPEND_LOGS = Format(
    name="litellm_spend_logs",
    version="1",
    stream="gateway_requests",
    rank=20,
    calls=_FOLDER / "litellm_spend_logs.sql",
    projection=_FOLDER / "litellm.sql",
    default_gateway="litellm",
    recognises=_is_spend_row,
)
