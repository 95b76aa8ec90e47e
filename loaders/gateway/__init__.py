"""Formats that gateways write; a new one is added here and nowhere else."""

from loaders.gateway.azure_apim import AZURE_APIM
from loaders.gateway.envoy_ai import ENVOY_AI
from loaders.gateway.events import EVENTS
from loaders.gateway.langfuse import LANGFUSE
from loaders.gateway.litellm import LITELLM, LITELLM_SPEND_LOGS
from loaders.gateway.otlp_genai import OTLP_GENAI

# The first that recognises a file reads it.
GATEWAY_FORMATS = (
    LITELLM,
    LITELLM_SPEND_LOGS,
    EVENTS,
    ENVOY_AI,
    OTLP_GENAI,
    LANGFUSE,
    AZURE_APIM,
)
