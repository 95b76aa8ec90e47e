"""Portkey's log export, JSONL or CSV, with the columns that were asked for."""

from collections.abc import Set

from loaders.gateway.calls import gateway_format


def _recognises(keys: Set[str]) -> bool:
    return keys >= {"ai_org", "ai_model"} and bool(keys & {"req_units", "res_units"})


PORTKEY = gateway_format(
    "portkey", _recognises, fields="portkey.csv", sql="portkey.sql"
)
