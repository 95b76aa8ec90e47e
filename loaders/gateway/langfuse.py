"""Langfuse's exports: of traces, of its API and of its blob storage, JSON and CSV."""

from collections.abc import Set

from loaders.gateway.calls import gateway_format


def _recognises(keys: Set[str]) -> bool:
    if "observations" in keys:
        return "trace" in keys or keys >= {"projectId", "userId", "sessionId"}
    is_ui = keys >= {"type", "traceId", "startTime", "parentObservationId"}
    return is_ui or keys >= {"type", "trace_id", "start_time", "parent_observation_id"}


LANGFUSE = gateway_format(
    "langfuse",
    _recognises,
    fields="langfuse.csv",
    sql="langfuse.sql",
    unfold="langfuse_unfold.sql",
    # Another way than the one that cuts them out.
    held="coalesce(nullif(json_array_length(record, '$.observations'), 0), "
    "nullif(json_array_length(record, '$.data'), 0), 1)",
    rank=20,
)
