"""LiteLLM's StandardLoggingPayload (S3, GCS, generic API), one per attempt."""

from collections.abc import Set
from pathlib import Path

from loaders.formats import Format


def _recognises(keys: Set[str]) -> bool:
    # Spend rows share the first three, and say `spend`.
    return keys >= {"startTime", "call_type", "response_cost"} and "spend" not in keys


LITELLM = Format(
    name="litellm",
    version="1",
    streams=("gateway_requests",),
    rank=10,
    projection=Path(__file__).with_name("litellm.sql").read_text(),
    default_gateway="litellm",
    recognises=_recognises,
)
