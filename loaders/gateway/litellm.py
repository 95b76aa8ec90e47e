"""LiteLLM: its own log of attempts, and the rows of its spend table.

The log is StandardLoggingPayload (S3, GCS, generic API); the rows are a dump of
LiteLLM_SpendLogs. Both give the same columns and `request_id`, so that copies of one
call meet.
"""

from collections.abc import Mapping, Set
from functools import partial
from pathlib import Path

from loaders.formats import Format

_FOLDER = Path(__file__).parent


def _projection(calls: str, _: Mapping[str, str]) -> str:
    """What litellm.sql makes of the rows that another file gives as `calls`."""
    given = (_FOLDER / calls).read_text()
    common = (_FOLDER / "litellm.sql").read_text()
    return f"with calls as (\n{given})\nselect * from (\n{common})"


def _is_log(keys: Set[str]) -> bool:
    # Spend rows share the first three, and say `spend`.
    return keys >= {"startTime", "call_type", "response_cost"} and "spend" not in keys


def _is_spend_row(keys: Set[str]) -> bool:
    # The head of a long row may end before `spend`; a log's says trace_id by then.
    shared = keys >= {"startTime", "call_type", "request_id"}
    return shared and ("spend" in keys or not keys & {"response_cost", "trace_id"})


LITELLM = Format(
    name="litellm",
    version="3",
    streams=("gateway_requests",),
    rank=10,
    projection=partial(_projection, "litellm_log.sql"),
    default_gateway="litellm",
    recognises=_is_log,
)
# One row per call. The log says more, and is kept where both do.
LITELLM_SPEND_LOGS = Format(
    name="litellm_spend_logs",
    version="2",
    streams=("gateway_requests",),
    rank=20,
    projection=partial(_projection, "litellm_spend_logs.sql"),
    default_gateway="litellm",
    recognises=_is_spend_row,
)
