"""Higress's access log: Envoy's words, and `ai_log`, JSON in a string.

Before there was `ai_log`, model and tokens stood beside Envoy's words.
"""

from collections.abc import Set

from loaders.gateway.calls import gateway_format


def _recognises(keys: Set[str]) -> bool:
    return "ai_log" in keys or keys >= {"input_token", "output_token", "response_flags"}


HIGRESS = gateway_format(
    "higress",
    _recognises,
    fields="higress.csv",
    sql="higress.sql",
    unfold="higress_unfold.sql",
)
