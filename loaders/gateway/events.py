"""Events: what a gateway of your own writes; `events.schema.json` says how."""

from collections.abc import Set
from pathlib import Path

from loaders.formats import Format


def _recognises(keys: Set[str]) -> bool:
    return keys >= {"event_type", "event_time"}


_SQL = Path(__file__).with_name("events.sql").read_text()

EVENTS = Format(
    name="events",
    version="1",
    streams=("gateway_requests", "product_events"),
    rank=10,
    projection=lambda _: _SQL,
    default_gateway="events",
    recognises=_recognises,
)
