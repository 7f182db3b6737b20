"""``validation.performance``: a steady load for a while, and how its times compare with those of before."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from actions.account import expanded
from actions.action import action
from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.validation.application import Application, identity
from actions.systems.validation.by_hand import performance_by_hand
from actions.systems.validation.http import CannotAsk, ask
from actions.systems.validation.settings import Endpoint, LoadSettings
from journal.structs import from_json

_LEAST_MS = 10.0
"""A difference of less than this is noise, however fast the API is."""
_LEAST_POINTS = 1.0
"""Percentage points of errors that are noise."""
_PAUSE_S = 0.2

Verdict = Literal["better", "same", "worse"]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What one load measured.

    Attributes:
        p50_ms: milliseconds that half of the requests took at most, from when each was due.
        p95_ms: and 95 % of them.
        p99_ms: and 99 % of them.
        errors_percent: of the requests that were not answered as they should be.
        requests: how many were sent.
        per_second: how many a second were due.
        at: when, ISO 8601.
        incident: in whose journal it stands.
    """

    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors_percent: float
    requests: int
    per_second: int
    at: str
    incident: str


@action(
    "validation.performance",
    script="dr_performance_test.sh",
    target=identity,
    by_hand=performance_by_hand,
    params={"renew": "make what is measured the baseline, whatever that was"},
)
def performance(ctx: ActionContext, *, renew: bool = False) -> Outcome:
    """Measure performance against the baseline.

    A steady load of the endpoints that are only read (`load`). The times count from when a request was due, so that a
    server that stalls does not hide it. They are compared with the baseline; where there is none, they become it.

    Needs: endpoints that are read, and a file here for the baseline (`load: baseline`).

    Leaves: the load on the API, and the baseline where there was none.
    """
    application = Application(ctx)
    load = application.settings.load
    read = [each for each in application.settings.endpoints if each.method in ("GET", "HEAD") and each.status < 300]
    if not read:
        raise ActionFailed(
            f"The inventory names no endpoint of {application.name} that is only read: there is nothing to load.",
            "Add those that users depend on (endpoints:), or measure by hand and note the times.",
        )
    known = _baseline(load)
    what = f"ask {load.per_second} times a second for {load.seconds} s"
    if not ctx.effect(what):
        return Outcome(ok=True, summary=f"would {what}; {_known_words(known)}")
    application.require_ours()
    headers = application.with_token(application.sign_in()) if any(each.login for each in read) else {}
    figures = _figures(ctx, load, _Load(ctx, application, read, headers).run())
    return _outcome(ctx, application, figures, known, renew=renew)


class _Load:
    """Sends each request when it is due, by as many workers as may wait at once.

    Args:
        ctx: the action's context.
        application: what is loaded.
        endpoints: what is asked, one after the other.
        headers: the test user's.
    """

    def __init__(
        self, ctx: ActionContext, application: Application, endpoints: Sequence[Endpoint], headers: Mapping[str, str]
    ) -> None:
        self._ctx = ctx
        self._settings = application.settings
        self._load = application.settings.load
        self._endpoints = endpoints
        self._headers = headers
        self._numbers = itertools.count()
        self._took: list[tuple[float, bool]] = []
        self._begun = 0.0

    def run(self) -> list[tuple[float, bool]]:
        """Return of each request how many seconds after it was due it was over, and whether it was answered well.

        Raises:
            Cancelled: somebody asked for it.
        """
        self._begun = time.monotonic()
        workers = [threading.Thread(target=self._work, daemon=True) for _ in range(self._load.workers)]
        for worker in workers:
            worker.start()
        while any(worker.is_alive() for worker in workers):
            self._ctx.check_cancelled()
            passed = time.monotonic() - self._begun
            text = f"{len(self._took):,} requests"
            self._ctx.progress(Progress(fraction=min(1.0, passed / self._load.seconds), text=text))
            time.sleep(_PAUSE_S)
        return self._took

    def _work(self) -> None:
        while not self._ctx.cancelled:
            number = next(self._numbers)
            due = self._begun + number / self._load.per_second
            if due >= self._begun + self._load.seconds:
                return
            time.sleep(max(0.0, due - time.monotonic()))
            well = self._ask(self._endpoints[number % len(self._endpoints)])
            self._took.append((time.monotonic() - due, well))

    def _ask(self, endpoint: Endpoint) -> bool:
        headers = self._headers if endpoint.login else {}
        with suppress(CannotAsk):
            return ask(self._settings, endpoint.path, method=endpoint.method, headers=headers).status == endpoint.status
        return False


def _figures(ctx: ActionContext, load: LoadSettings, took: list[tuple[float, bool]]) -> Figures:
    times = sorted(seconds * 1000 for seconds, _ in took)

    def at(part: float) -> float:
        return round(times[min(len(times) - 1, int(part * len(times)))], 1)

    bad = sum(1 for _, well in took if not well)
    return Figures(
        p50_ms=at(0.5),
        p95_ms=at(0.95),
        p99_ms=at(0.99),
        errors_percent=round(100 * bad / len(times), 2),
        requests=len(times),
        per_second=load.per_second,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        incident=ctx.incident.id,
    )


def compare(now: Figures, before: Figures, noise_percent: int) -> Verdict:
    """Return how a load's figures compare with those of before, beyond noise.

    Args:
        now: what was measured.
        before: the baseline.
        noise_percent: by how much of the baseline times differ by themselves.
    """
    noise_ms = max(_LEAST_MS, before.p95_ms * noise_percent / 100)
    if now.errors_percent > before.errors_percent + _LEAST_POINTS or now.p95_ms > before.p95_ms + noise_ms:
        return "worse"
    return "better" if now.p95_ms < before.p95_ms - noise_ms else "same"


def _baseline(load: LoadSettings) -> Figures | None:
    """Return the baseline; None where there is none yet.

    Raises:
        ActionFailed: the inventory names no file for it, or what lies there is none.
    """
    if not load.baseline:
        raise ActionFailed(
            "The inventory names no file for the baseline: nothing could be compared.",
            "Name one on this machine (load: baseline:); the first measurement becomes the baseline.",
        )
    try:
        return from_json(expanded(load.baseline).read_bytes(), Figures)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ActionFailed(
            f"The baseline in {load.baseline} cannot be read: {error}.", "Mend it, or move it away and measure anew."
        ) from error


def _write(path: Path, figures: Figures) -> None:
    """Write a baseline so that it is there whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.write_bytes(msgspec.json.encode(figures))
    new.replace(path)


def _known_words(known: Figures | None) -> str:
    if known is None:
        return "there is no baseline yet: what is measured becomes it"
    return f"the baseline is of {known.at} ({known.incident}): p95 {known.p95_ms:g} ms"


def _outcome(
    ctx: ActionContext, application: Application, now: Figures, known: Figures | None, *, renew: bool
) -> Outcome:
    load = application.settings.load
    said = f"p50 {now.p50_ms:g} ms, p95 {now.p95_ms:g} ms, p99 {now.p99_ms:g} ms, errors {now.errors_percent:g} %"
    ctx.log(f"{now.requests:,} requests, {now.per_second} a second: {said}")
    facts = {"measured": msgspec.to_builtins(now), "baseline": msgspec.to_builtins(known) if known else {}}
    if known is not None and known.per_second != now.per_second and not renew:
        raise ActionFailed(
            f"The baseline is of {known.per_second} requests a second, this load of {now.per_second}: not comparable.",
            "Measure with the same load, or make this the baseline (--renew).",
            facts=facts,
        )
    new = known is None or renew
    if new and now.errors_percent > _LEAST_POINTS:
        raise ActionFailed(
            f"{now.errors_percent:g} % of the requests failed: that becomes no baseline.{application.why_not_ready()}",
            "Run validation.api: it says which endpoint fails, and how.",
            facts=facts,
        )
    if new:
        _write(expanded(load.baseline), now)
        return Outcome(
            ok=True,
            summary=f"{said}; nothing was compared: this is the baseline now.",
            facts={**facts, "verdict": "none"},
            partial="no baseline to compare with",
            findings=application.certificate_findings(),
        )
    assert known is not None
    verdict = compare(now, known, load.noise_percent)
    words = f"{said}: {verdict}; {_known_words(known)}, errors {known.errors_percent:g} %."
    cure = "Cold caches and missing statistics (ANALYZE) make the first minutes slow: warm the cache, measure again."
    worse = [Finding(severity="warning", about="performance", text=words, cure=cure)] if verdict == "worse" else []
    return Outcome(
        ok=not worse,
        summary=words,
        facts={**facts, "verdict": verdict},
        findings=worse + application.certificate_findings(),
    )
