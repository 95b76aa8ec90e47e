"""Large files as gateways write them: LiteLLM's whole records, access logs, OTLP, Kong.

What is long in a real record and never landed is long here too: more than half of a
LiteLLM record of 13 kB is its table of models.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

_AGENTS = ("OpenAI/Python 1.99.0", "Anthropic/JS 0.39.0", "curl/8.7.1", "axios/1.7.2")
_TIME = 1_778_900_000


def litellm(number: int) -> str:
    """A record of StandardLoggingPayload, 13 kB."""
    began = _TIME + number / 50
    made = {
        "id": f"chatcmpl-{number:032}", "litellm_call_id": f"call-{number}",
        "trace_id": f"trace-{number}", "call_type": "acompletion", "cache_hit": None,
        "stream": True, "status": "success", "custom_llm_provider": "openai",
        "startTime": began, "endTime": began + 2.5, "completionStartTime": began + 0.4,
        "model": "openai/gpt-4o", "model_group": "gpt-4o", "model_id": "d-1",
        "api_base": "https://api.openai.com/v1", "prompt_tokens": 1000 + number % 500,
        "completion_tokens": 200, "total_tokens": 1200 + number % 500,
        "response_cost": 0.0033775, "request_tags": ["env:prod", "team:search"],
        "end_user": f"user-{number % 5000}", "user_agent": _AGENTS[0],
        "requester_ip_address": f"198.51.{number % 100}.7",
        "error_information": {"error_code": "", "error_class": "", "llm_provider": ""},
        "hidden_params": {"additional_headers": {"x_ratelimit_limit_requests": 500}},
        "metadata": {
            "user_api_key_hash": f"key-{number % 100}",
            "user_api_key_user_id": f"user-{number % 100}",
            "user_api_key_team_id": f"team-{number % 10}",
            "user_api_key_request_route": "/v1/chat/completions",
            "usage_object": {
                "prompt_tokens": 1000 + number % 500, "completion_tokens": 200,
                "total_tokens": 1200 + number % 500,
                "prompt_tokens_details": {"cached_tokens": 512},
            },
        },
        "model_map_information": {
            "model_map_value": {f"cost_per_{i}": 1.5e-06 + i for i in range(240)}
        },
        "messages": [{"role": "user", "content": "what is a toll book? " * 100}],
        "response": {"choices": [{"finish_reason": "stop", "text": "a book " * 120}]},
    }  # fmt: skip
    return json.dumps(made)


def access_log(number: int) -> str:
    """A combined line."""
    hour, rest = divmod(number // 50 % 86400, 3600)
    day = 16 + number // 50 // 86400 % 12
    return (
        f"198.{number % 3}.{number % 100}.{number % 251} - - "
        f"[{day}/May/2026:{hour:02}:{rest // 60:02}:{rest % 60:02} +0000] "
        f'"POST /v1/chat/completions HTTP/1.1" 200 {number % 90000} '
        f'"https://app.example.org/chat/{number % 1000}" '
        f'"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_9_1) {_AGENTS[number % 4]}"'
    )


def kong(number: int) -> str:
    """An http-log object of Kong 3.12 with the proxy plugin."""
    headers = {"user-agent": _AGENTS[number % 4], "host": "api.example.org"}
    made = {
        "started_at": (_TIME * 1000) + number * 20, "client_ip": "198.51.100.7",
        "latencies": {"kong": 2, "proxy": 1200, "request": 1210, "receive": 8},
        "request": {
            "id": f"{number:032x}", "method": "POST", "uri": "/v1/chat/completions",
            "size": 900, "headers": headers | {f"x-{i}": "y" * 20 for i in range(10)},
        },
        "response": {"status": 200, "size": 4000, "headers": headers},
        "upstream_status": "200", "source": "upstream",
        "service": {"id": "s-1", "name": "openai", "host": "api.openai.com"},
        "route": {"id": "r-1", "name": "chat", "paths": ["/v1"]},
        "consumer": {"id": f"c-{number % 50}", "username": f"team-{number % 50}"},
        "ai": {
            "proxy": {
                "meta": {
                    "request_model": "gpt-4o", "response_model": "gpt-4o-2024-08-06",
                    "provider_name": "openai", "llm_latency": 1190, "plugin_id": "p-1",
                },
                "usage": {
                    "prompt_tokens": 14, "completion_tokens": 21, "total_tokens": 35,
                    "time_to_first_token": 631, "cost": 0.0005,
                },
                "cache": {"cache_status": "Miss"},
            }
        },
    }  # fmt: skip
    return json.dumps(made)


def otlp(number: int) -> str:
    """An export of 50 spans."""
    spans = [_span(number * 50 + each) for each in range(50)]
    resource = [_attribute("service.name", "checkout-bot")]
    scope = {"name": "opentelemetry.instrumentation.openai_v2", "version": "2.1b0"}
    batch = {
        "resource": {"attributes": resource},
        "scopeSpans": [{"scope": scope, "spans": spans}],
    }
    return json.dumps({"resourceSpans": [batch]})


def _span(number: int) -> dict[str, Any]:
    began = (_TIME * 1_000_000_000) + number * 20_000_000
    return {
        "traceId": f"{number:032x}", "spanId": f"{number:016x}", "name": "chat gpt-4o",
        "kind": 3, "startTimeUnixNano": str(began),
        "endTimeUnixNano": str(began + 1_500_000_000), "status": {},
        "attributes": [
            _attribute("gen_ai.operation.name", "chat"),
            _attribute("gen_ai.system", "openai"),
            _attribute("gen_ai.request.model", "gpt-4o"),
            _attribute("gen_ai.response.model", "gpt-4o-2024-08-06"),
            _attribute("gen_ai.response.id", f"chatcmpl-{number}"),
            _attribute("gen_ai.usage.input_tokens", 12),
            _attribute("gen_ai.usage.output_tokens", 188),
        ],
    }  # fmt: skip


def _attribute(key: str, value: str | int) -> dict[str, Any]:
    kind = "stringValue" if isinstance(value, str) else "intValue"
    return {"key": key, "value": {kind: str(value)}}


FILES: dict[str, Callable[[int], str]] = {
    "litellm": litellm,
    "access_log": access_log,
    "otlp_genai": otlp,
    "kong_ai": kong,
}


def write(name: str, path: Path, size: int) -> int:
    """Write a file of so many bytes; how many lines it has."""
    count = 0
    with path.open("w") as file:
        for count, line in _lines(FILES[name]):  # noqa: B007
            file.write(line + "\n")
            if file.tell() >= size:
                break
    return count


def _lines(make: Callable[[int], str]) -> Iterator[tuple[int, str]]:
    number = 0
    while True:
        yield number + 1, make(number)
        number += 1
