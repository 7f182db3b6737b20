"""``load_balancer.verify``: what HAProxy runs with, against inventory, configuration and what was set."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Finding, Outcome
from actions.systems.load_balancer import by_hand
from actions.systems.load_balancer.choose import find_balancer, identity
from actions.systems.load_balancer.compare import SET_AGAIN, as_warnings, check_words, compare
from actions.systems.load_balancer.config_file import read_config
from actions.systems.load_balancer.record import setting_of
from actions.systems.load_balancer.seen import Seen, Server
from actions.systems.load_balancer.traffic import UPDATE
from journal.wording.counting import count


@action("load_balancer.verify", target=identity, by_hand=by_hand.verify)
def verify(ctx: ActionContext) -> Outcome:
    """Verify what the load balancer runs with.

    Address, port, state and weight of every server against inventory, configuration file and what was set last; whether
    HAProxy could start with its configuration, and whether a reload keeps what is set.

    Of an ELBv2: what its listener or rule does, and state and reason of every target.

    Needs: HAProxy's admin socket; its configuration file. Of an ELBv2 the right to describe it.
    """
    found = find_balancer(ctx)
    seen, record = found.look(), found.record()
    ctx.log(seen.words)
    for server in seen.servers.values():
        ctx.log(f"{server.name}: {setting_of(server)}, {server.words}{_open(seen, server)}")
    findings = compare(found, seen, read_config(found), record)
    if said := check_words(found):
        text = f"HAProxy could not start with it: {said}"
        findings.append(
            Finding(severity="wrong", about=found.settings.config, text=text, cure="Correct it.", system=found.name)
        )
    wrong = [finding for finding in findings if finding.severity == "wrong"]
    stage = f"; {record.stage} in {record.incident}" if record else ""
    users = [server.name for server in seen.servers.values() if server.takes_users]
    stray = any("otherwise than it was set" in finding.text for finding in wrong)
    return Outcome(
        ok=not wrong,
        summary=f"{found.name}: users go to {', '.join(users) or 'no server'}{stage}; "
        f"{'; '.join(f'{one.about}: {one.text}' for one in wrong) or 'all as it is meant to be'}.",
        facts={"serving": len(users)} | ({"sessions": _sessions(seen)} if seen.counts else {}),
        findings=as_warnings(findings),
        cures=([SET_AGAIN] if stray else [UPDATE]) if wrong else [],
    )


def _open(seen: Seen, server: Server) -> str:
    return f", {count(server.sessions, 'session')} open" if seen.counts else ""


def _sessions(seen: Seen) -> int:
    return sum(server.sessions for server in seen.servers.values())
