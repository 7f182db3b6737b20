"""``load_balancer.reload``: the configuration comes into force, and what was set is proven to have stayed."""

from __future__ import annotations

import time

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Outcome
from actions.systems.load_balancer import by_hand
from actions.systems.load_balancer.balancer import VERIFY, Balancer
from actions.systems.load_balancer.choose import find_balancer, identity
from actions.systems.load_balancer.compare import SET_AGAIN, as_warnings, check_words, compare
from actions.systems.load_balancer.config_file import read_config
from actions.systems.load_balancer.record import differences, settings_of
from actions.systems.load_balancer.seen import Seen

_NEW_S = 15.0
"""Seconds until the new process answers."""


@action(
    "load_balancer.reload",
    probe="load_balancer.verify",
    resumable=True,
    touches=("pools",),
    target=identity,
    params={"set_again": "reload nothing: set the servers again as they were set last"},
    by_hand=by_hand.reload,
)
def reload(ctx: ActionContext, *, set_again: bool = False) -> Outcome:
    """Reload HAProxy's configuration.

    Only one that HAProxy can start with (``haproxy -c``). What was set at run time is saved before; afterwards address,
    port, state and weight of every server are compared with configuration, inventory and what was set last.

    Needs: the right to reload it as `reload` says.

    Leaves: a new process with the configuration of now; servers set as before. Differences are findings.

    Killed half way: it is reloaded or it is not; run it again.
    """
    found = find_balancer(ctx)
    if set_again:
        return _set_again(found)
    if found.settings.elbv2:
        words = f"{found.name} is an ELBv2: it has no configuration to reload."
        raise ActionFailed(words, "See what it does instead.", left_behind="Nothing was changed.", cures=[VERIFY])
    if said := check_words(found):
        raise ActionFailed(
            f"HAProxy could not start with {found.settings.config}: {said}",
            "Correct the configuration; what runs goes on with the one before.",
            left_behind="Nothing was reloaded.",
        )
    before = found.look()
    if not ctx.effect(f"save the servers' state, then reload HAProxy (process {before.pid})"):
        return Outcome(ok=True, summary=f"would reload {found.name}: its configuration can be started")
    found.send("save", [])
    done = ctx.run("reload", found.settings.host, found.settings.reload, timeout_s=60)
    if done.code:
        raise ActionFailed(
            f"{' '.join(found.settings.reload)} failed: {done.err.strip() or done.ending}", "Look at HAProxy's log."
        )
    after = _wait_new(found, before)
    used = [server.name for server in before.servers.values() if server.healthy]
    missing = found.wait_healthy(used, found.settings.health_s)
    findings = compare(found, found.look(), read_config(found), found.record())
    wrong = [finding for finding in findings if finding.severity == "wrong"]
    late = "; ".join(f"{server.name} is {server.words}" for server in missing)
    return Outcome(
        ok=not wrong and not missing,
        summary=f"{found.name} is reloaded (process {after.pid}): "
        + (late or f"{len(wrong)} differences" if wrong or missing else "every server as it was set")
        + ".",
        facts={"pid": after.pid, "differences": len(wrong)},
        findings=as_warnings(findings),
        cures=[SET_AGAIN] if wrong else [VERIFY] if missing else [],
    )


def _wait_new(found: Balancer, before: Seen) -> Seen:
    """Wait until another process answers at the socket.

    Raises:
        ActionFailed: the old one still does.
    """
    end = time.monotonic() + _NEW_S
    while True:
        seen = _try(found)
        if seen and seen.pid != before.pid:
            return seen
        if time.monotonic() > end:
            raise ActionFailed(
                f"{found.name} was told to reload, and process {before.pid} still answers.",
                "Look at HAProxy's log: the new process may not have started.",
            )
        found.pause()


def _try(found: Balancer) -> Seen | None:
    """Look; None where nobody answers for the moment."""
    try:
        return found.look(timeout_s=2.0)
    except ActionFailed:
        return None


def _set_again(found: Balancer) -> Outcome:
    """Set the servers as they were set last.

    Raises:
        ActionFailed: nothing was set.
    """
    record, seen = found.record(), found.look()
    if record is None:
        raise ActionFailed(f"Nothing was set at {found.name} that could be set again.", "Run load_balancer.update.")
    changes = differences(settings_of(seen), record.wanted)
    for line in changes:
        found.ctx.log(line)
    said = f"set {len(changes)} servers of {found.name} again as {record.incident} had set them"
    if not found.ctx.effect(said):
        return Outcome(ok=True, summary=f"would {said}")
    found.require(seen, record.wanted)
    found.set("again", seen, record.wanted, record.target, record.stage)
    wanted = [name for name, one in record.wanted.items() if one.state == "ready" and one.weight]
    missing = found.wait_healthy(wanted, found.settings.health_s)
    late = "; ".join(f"{server.name} is {server.words}" for server in missing)
    return Outcome(ok=not missing, summary=f"{found.name} is set again: {late or 'every server as it was set'}.")
