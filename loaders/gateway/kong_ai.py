"""Kong's http-log and file-log with what its AI plugins add under `ai`, 3.6 to today.

A request is one row. A plugin that calls a model beside the proxy (a transformer)
is a row of its own: a call that is billed too, and no attempt of the client's.
"""

from collections.abc import Set

from loaders.gateway.calls import gateway_format


def _recognises(keys: Set[str]) -> bool:
    return keys >= {"started_at", "latencies", "request"} or keys == {"ai"}


KONG_AI = gateway_format(
    "kong_ai",
    _recognises,
    fields="kong_ai.csv",
    sql="kong_ai.sql",
    unfold="kong_ai_unfold.sql",
    # Every plugin that called a model says which, under `meta`.
    held="len(list_filter(json_extract(record, '$.ai.*.meta'), "
    "lambda meta: json_type(meta) = 'OBJECT'))",
)
