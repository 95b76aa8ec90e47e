"""Amazon Bedrock's model invocation log: from S3, or wrapped by CloudWatch Logs.

A subscription (`logEvents`) and the command line's answers (`events`) hold records as
JSON in strings.
"""

from collections.abc import Set

from loaders.gateway.calls import gateway_format

_SUBSCRIPTION = {"messageType", "logGroup", "logEvents"}


def _recognises(keys: Set[str]) -> bool:
    return (
        keys >= {"schemaType", "modelId", "requestId"}
        or keys >= _SUBSCRIPTION
        or (keys >= {"events"} and len(keys & _ANSWERS) > 0)
        or keys >= {"message", "timestamp", "ingestionTime"}
    )


_ANSWERS = {"searchedLogStreams", "nextForwardToken", "nextBackwardToken"}

BEDROCK = gateway_format(
    "bedrock",
    _recognises,
    fields="bedrock.csv",
    sql="bedrock.sql",
    unfold="bedrock_unfold.sql",
    # Both names in one line are nobody's format; the first rules, as in the SQL.
    held="coalesce(json_array_length(record, '/logEvents'), "
    "json_array_length(record, '/events'))",
)
