"""Records as three formats write them, each known apart from the loaders."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True)
class Call:
    """One record about one attempt.

    Attributes:
        folder: Below the inbox; its gateway, but for `naive`, whose gateway is g1.
        id: What its `request_id` must be; without one, what stands for it here.
        at: When it was asked; in `naive` the local time.
        repeat: How often the same line stands in its file.
    """

    format: str
    folder: str
    id: str
    at: datetime
    trace: str
    key: str
    organization: str | None
    logical: str | None = None
    has_id: bool = True
    is_failed: bool = False
    tokens: tuple[int, int] = (0, 0)
    cost: str = "0"
    updated: datetime | None = None
    repeat: int = 1
    night: int = 1

    @property
    def gateway(self) -> str:
        return "g1" if self.folder == "naive" else self.folder

    @property
    def day(self) -> datetime:
        return self.at.replace(hour=0, minute=0, second=0, microsecond=0)

    @property
    def line(self) -> bytes:
        return json.dumps(_WRITERS[self.format](self)).encode()


def epoch_us(at: datetime) -> int:
    return round(at.replace(tzinfo=UTC).timestamp() * 1_000_000)


def _event(call: Call) -> dict[str, object]:
    text = call.at.isoformat(timespec="microseconds")
    return {
        "event_type": "api_request",
        "event_time": text if call.folder == "naive" else f"{text}Z",
        **({"request_id": call.id} if call.has_id else {}),
        "logical_request_id": call.logical,
        "trace_id": call.trace,
        "consumer": {"api_key_id": call.key, "organization_id": call.organization},
        "api": {"endpoint": "/v1/chat/completions"},
        "model": {"provider": "openai", "served": "gpt-4o"},
        "timings": {"request_duration_ms": 1250.5, "ttft_ms": 80},
        "result": {"status_code": 503 if call.is_failed else 200},
        "usage": {
            "input_uncached_tokens": call.tokens[0],
            "output_tokens": call.tokens[1],
            "logged_cost_usd": call.cost,
        },
        "updated_at": call.updated and f"{call.updated.isoformat()}Z",
    }


def _shared(call: Call) -> dict[str, object]:
    return {
        "litellm_call_id": call.logical,
        "call_type": "acompletion",
        "status": "failure" if call.is_failed else "success",
        "custom_llm_provider": "openai",
        "model": "openai/gpt-4o",
        "prompt_tokens": call.tokens[0],
        "completion_tokens": call.tokens[1],
    }


def _log(call: Call) -> dict[str, object]:
    start = epoch_us(call.at) / 1_000_000
    return _shared(call) | {
        "id": call.logical if call.is_failed else call.id,
        "trace_id": call.trace,
        "startTime": start,
        "endTime": start + 2.5,
        "response_cost": float(call.cost),
        "error_information": {"error_code": "503" if call.is_failed else ""},
        "metadata": {
            "user_api_key_hash": call.key,
            "user_api_key_org_id": call.organization,
        },
    }


def _spend_row(call: Call) -> dict[str, object]:
    text = call.at.isoformat(timespec="milliseconds")
    error = {"error_information": {"error_code": "503"}} if call.is_failed else {}
    return _shared(call) | {
        "request_id": call.logical if call.is_failed else call.id,
        "session_id": call.trace,
        "startTime": f"{text}Z",
        "endTime": f"{text}Z",
        "spend": float(call.cost),
        "api_key": call.key,
        "organization_id": call.organization or "",
        "metadata": json.dumps(error),
    }


_WRITERS = {"events": _event, "litellm": _log, "litellm_spend_logs": _spend_row}
