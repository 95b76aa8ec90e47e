"""Formats that gateways write; a new one is added here and nowhere else."""

from loaders.gateway.access_log import ACCESS_LOG, ACCESS_LOG_JSON
from loaders.gateway.azure_apim import AZURE_APIM
from loaders.gateway.bedrock import BEDROCK
from loaders.gateway.cloudflare import CLOUDFLARE
from loaders.gateway.envoy_ai import ENVOY_AI
from loaders.gateway.envoy_text import ENVOY_TEXT
from loaders.gateway.events import EVENTS
from loaders.gateway.helicone import HELICONE
from loaders.gateway.higress import HIGRESS
from loaders.gateway.kong_ai import KONG_AI
from loaders.gateway.langfuse import LANGFUSE
from loaders.gateway.litellm import LITELLM, LITELLM_SPEND_LOGS
from loaders.gateway.openrouter import OPENROUTER
from loaders.gateway.otlp_genai import OTLP_GENAI
from loaders.gateway.portkey import PORTKEY

# The first that recognises a file reads it.
GATEWAY_FORMATS = (
    *(LITELLM, LITELLM_SPEND_LOGS, EVENTS),
    *(ENVOY_AI, KONG_AI, OTLP_GENAI, BEDROCK, LANGFUSE, HIGRESS, AZURE_APIM),
    *(OPENROUTER, HELICONE, PORTKEY, CLOUDFLARE),
    *(ENVOY_TEXT, ACCESS_LOG, ACCESS_LOG_JSON),
)
