"""Helicone: requests as its API and export tool give them, or a dump of their table.

The table keeps every version of a row: the latest `updated_at` counts.
"""

from collections.abc import Set

from loaders.gateway.answers import HELD, UNFOLD
from loaders.gateway.calls import gateway_format


def _recognises(keys: Set[str]) -> bool:
    return keys >= {"request_created_at", "response_created_at", "prompt_tokens"}


HELICONE = gateway_format(
    "helicone",
    _recognises,
    fields="helicone.csv",
    sql="helicone.sql",
    unfold=UNFOLD,
    held=HELD,
)
