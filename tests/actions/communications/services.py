"""Stand-ins of PagerDuty's Events API v2 and of Slack, as strict as their documentation, with their refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tests.actions.communications.post import served

ROUTING_KEY = "R0UTINGKEY0123456789ABCDEF012345"
HOOK = "T00000000/B00000000/XXXXTOPSECRETXXXXXXXXXXX"
TOKEN = "-".join(("xoxb", "123456789012", "T0PSECRETBOTTOKEN"))
_SEVERITIES = ("critical", "error", "warning", "info")
_LONGEST = 1024


class Services:
    """Both services.

    Attributes:
        busy: how many further calls are answered "too much" (429), with a second to wait.
        broken: the status that calls are answered with; 0: as they should be.
        archived: whether Slack's channel is archived.
        incidents: PagerDuty's, by deduplication key, each with the summaries that came.
        posted: what came to Slack's channel.
        calls: how many calls came.
    """

    def __init__(self) -> None:
        self.busy = self.broken = self.calls = 0
        self.archived = False
        self.incidents: dict[str, list[str]] = {}
        self.posted: list[str] = []

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], str]:
        """Return status, headers and body."""
        self.calls += 1
        if self.broken:
            return self.broken, {}, ""
        if self.busy:
            self.busy -= 1
            return 429, {"Retry-After": "1"}, "rate_limited"
        if headers.get_content_type() != "application/json":
            return 415, {}, "unsupported media type"
        try:
            said = json.loads(body)
        except ValueError:
            return 400, {}, "invalid_payload"
        if path == "/v2/enqueue":
            return self._event(said)
        return self._hook(path, said) if path.startswith("/services/") else self._bot(headers, said)

    def _event(self, said: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        """PagerDuty: https://developer.pagerduty.com/docs/send-alert-event."""
        errors = []
        event = said.get("payload", {})
        if said.get("routing_key") != ROUTING_KEY:
            errors.append("Invalid routing key")
        if said.get("event_action") not in ("trigger", "acknowledge", "resolve"):
            errors.append("'event_action' is invalid")
        if not event.get("summary") or len(event["summary"]) > _LONGEST:
            errors.append("'payload.summary' is missing or longer than 1024 characters")
        if not event.get("source") or event.get("severity") not in _SEVERITIES:
            errors.append("'payload.source' or 'payload.severity' is invalid")
        key = said.get("dedup_key") or f"new-{len(self.incidents)}"
        if len(key) > 255:
            errors.append("'dedup_key' is longer than 255 characters")
        if errors:
            wrong = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
            return 400, {}, json.dumps(wrong)
        self.incidents.setdefault(key, []).append(event["summary"])
        return 202, {}, json.dumps({"status": "success", "message": "Event processed", "dedup_key": key})

    def _hook(self, path: str, said: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        """Slack's incoming webhooks: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks."""
        if path != f"/services/{HOOK}":
            return 403, {}, "invalid_token"
        if self.archived:
            return 410, {}, "channel_is_archived"
        if not (said.get("text") or said.get("attachments") or said.get("blocks")):
            return 400, {}, "no_text"
        self.posted.append(json.dumps(said))
        return 200, {}, "ok"

    def _bot(self, headers: Any, said: dict[str, Any]) -> tuple[int, dict[str, str], str]:
        """Slack's chat.postMessage: a refusal is a 200, too."""
        wrong = "invalid_auth" if headers.get("Authorization") != f"Bearer {TOKEN}" else ""
        if not wrong and said.get("channel", "").lstrip("#") != "incidents":
            wrong = "channel_not_found"
        if not wrong:
            self.posted.append(json.dumps(said))
        return (
            200,
            {},
            json.dumps({"ok": False, "error": wrong} if wrong else {"ok": True, "channel": "C1", "ts": "1.2"}),
        )


@contextmanager
def services(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """Have Apprise reach the stand-ins in the services' place."""
    from apprise.plugins import pagerduty, slack

    found = Services()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, text = found.answer(self.path, self.headers, body)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with served(Handler) as address:
        for region in pagerduty.PAGERDUTY_API_LOOKUP:
            monkeypatch.setitem(pagerduty.PAGERDUTY_API_LOOKUP, region, f"http://{address}/v2/enqueue")
        monkeypatch.setattr(slack.NotifySlack, "webhook_url", f"http://{address}/services")
        monkeypatch.setattr(slack.NotifySlack, "api_url", f"http://{address}/api/{{}}")
        monkeypatch.setattr(slack.NotifySlack, "request_rate_per_sec", 0)
        yield found
