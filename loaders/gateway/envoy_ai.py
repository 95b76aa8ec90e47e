"""Envoy AI Gateway's JSON access log, under the names of the project's examples.

Its operator chooses the keys: `mapping` of an inbox rule says which.
"""

from collections.abc import Set

from loaders.gateway.calls import gateway_format


def _recognises(keys: Set[str]) -> bool:
    is_ai = any(key.startswith(("gen_ai.", "mcp.")) for key in keys)
    return is_ai and keys >= {"start_time", "response_code"}


ENVOY_AI = gateway_format(
    "envoy_ai", _recognises, fields="envoy_ai.csv", sql="envoy_ai.sql"
)
