"""Cloudflare AI Gateway: its API's logs, and Logpush's dataset `ai_gateway_events`.

Logpush encrypts metadata and bodies; they are not read.
"""

from collections.abc import Set

from loaders.gateway.answers import HELD, UNFOLD
from loaders.gateway.calls import gateway_format


def _recognises(keys: Set[str]) -> bool:
    return keys >= {"tokens_in", "tokens_out", "provider", "model"} or (
        keys >= {"Gateway", "Provider", "Model", "StatusCode"}
    )


CLOUDFLARE = gateway_format(
    "cloudflare",
    _recognises,
    fields="cloudflare.csv",
    sql="cloudflare.sql",
    unfold=UNFOLD,
    held=HELD,
)
