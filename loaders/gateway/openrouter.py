"""OpenRouter: what `/generation` says of one call, or an SDK in its own spelling.

An answer wraps it in `data`. Daily sums of `/activity` are no calls.
"""

from collections.abc import Set

from loaders.gateway.answers import HELD, UNFOLD
from loaders.gateway.calls import gateway_format


def _recognises(keys: Set[str]) -> bool:
    return (
        keys >= {"native_tokens_prompt", "tokens_prompt", "provider_name"}
        or keys >= {"nativeTokensPrompt", "tokensPrompt", "providerName"}
    ) and "requests" not in keys


OPENROUTER = gateway_format(
    "openrouter",
    _recognises,
    fields="openrouter.csv",
    sql="openrouter.sql",
    unfold=UNFOLD,
    held=HELD,
)
