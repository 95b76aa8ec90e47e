"""Spans of OpenTelemetry's GenAI conventions in OTLP/JSON, however encoded.

A line is an export batch of many spans; spans that are no model call are ignored.
"""

from collections.abc import Set

from loaders.gateway.calls import gateway_format


def _recognises(keys: Set[str]) -> bool:
    return "resourceSpans" in keys


OTLP_GENAI = gateway_format(
    "otlp_genai",
    _recognises,
    fields="otlp_genai.csv",
    sql="otlp_genai.sql",
    rules="otlp_genai_scopes.csv",
    unfold="otlp_genai_unfold.sql",
    # Another way than the one that cuts them out.
    held="list_sum(list_transform("
    "json_extract(record, '$.resourceSpans[*].scopeSpans[*].spans'), "
    "lambda spans: json_array_length(spans)))",
    rank=20,
)
