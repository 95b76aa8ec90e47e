"""Envoy's own text access log, as every Envoy writes it that nobody configured."""

import re

from loaders.gateway.calls import gateway_format

_LINE = re.compile(
    r"[^\[]{0,2000}\[\d{4}-\d\d-\d\dT[\d:.]+Z\] \\?\"(\S+ \S+ \S+)\\?\" \d{1,3} \S+ .+"
)

ENVOY_TEXT = gateway_format(
    "envoy_text",
    lambda keys: False,
    sql="envoy_text.sql",
    is_json=False,
    recognises_line=lambda line: _LINE.match(line) is not None,
)
