"""Azure API Management: its gateway's log and its log of language models.

Both tell of one request, under its correlation id: from diagnostic settings (a blob, an
event hub) and from Log Analytics.
"""

from collections.abc import Set

from loaders.gateway.calls import gateway_format


def _recognises(keys: Set[str]) -> bool:
    is_envelope = keys >= {"time", "category", "correlationId", "properties"}
    if "CorrelationId" not in keys:
        return is_envelope
    is_llm = keys >= {"PromptTokens", "CompletionTokens"}
    return is_llm or keys >= {"ResponseCode", "IsRequestSuccess"}


AZURE_APIM = gateway_format(
    "azure_apim",
    _recognises,
    fields="azure_apim.csv",
    sql="azure_apim.sql",
    unfold="azure_apim_unfold.sql",
    # Another way than the one that cuts them out.
    held="json_array_length(record, '$.records')",
)
