"""``pooler.verify``: where a pooler leads, and whether its clients get there."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import Cure, Finding, Outcome
from actions.systems.pooler import by_hand
from actions.systems.pooler.behind import front, fronting
from actions.systems.pooler.compare import compare
from actions.systems.pooler.pooler import REPOINT, RESUME, Pooler, find_pooler, identity
from journal.errors import CleoError
from journal.wording.counting import count


@action("pooler.verify", target=identity, by_hand=by_hand.verify)
def verify(ctx: ActionContext) -> Outcome:
    """Verify where the connection pooler leads.

    Each of its databases as it runs and as its file has it, against the primary; who waits; and, asked through it,
    which server answers.

    Needs: its admin console; its configuration file.
    """
    pooler = find_pooler(ctx)
    seen, files = pooler.look(), pooler.files()
    for name in pooler.settings.databases:
        known = seen.databases.get(name)
        ctx.log(f"{name}: {known.leads_to if known else 'unknown'}, {count(seen.connected([name]), 'client')}")
    findings = [*compare(pooler, seen, files), *_answers(pooler, paused=seen.paused(pooler.settings.databases))]
    wrong = [finding for finding in findings if finding.severity == "wrong"]
    unseen = any(finding.severity == "warning" and "not seen" in finding.text for finding in findings)
    said = "; ".join(f"{one.about} {one.text}" for one in wrong)
    there = "not seen whether its clients get there" if unseen else "its clients get there"
    return Outcome(
        ok=not wrong,
        summary=f"{said or f'{pooler.name} leads to {fronting(pooler).family()[0]}; {there}'}.",
        facts={"waiting": seen.waits(pooler.settings.databases)[0]},
        findings=findings,
        cures=cures(wrong),
        partial="nobody was let through to see who answers" if unseen and not wrong else "",
        examined=[] if unseen else [pooler.name],
    )


def cures(wrong: list[Finding]) -> list[Cure]:
    """Return what helps, the best first: it is led to the primary before its clients go on."""
    elsewhere = any("leads to" in finding.text or "another server" in finding.text for finding in wrong)
    paused = any("is paused" in finding.text for finding in wrong)
    return [REPOINT] * elsewhere + [RESUME] * paused


def _answers(pooler: Pooler, *, paused: list[str]) -> list[Finding]:
    """Ask through it who answers; a paused database answers nobody."""
    try:
        servers = fronting(pooler)
        server = servers.family()[0]
        primary = servers.require_primary(server)
    except CleoError as error:
        text = f"not seen whether it leads to the primary: {error.message}"
        return [Finding(severity="warning", about=pooler.name, text=text, cure=error.hint)]
    found = list[Finding]()
    for name in (name for name in pooler.settings.databases if name not in paused):
        about = f"{pooler.name} {name}"
        try:
            if not servers.through(server, front(pooler, name)).is_same(primary):
                text = f"another server answers through it than {server}"
                found.append(Finding(severity="wrong", about=about, text=text, cure=REPOINT.words, system=pooler.name))
        except CleoError as error:
            text = f"not seen who answers through it: {error.message}"
            found.append(Finding(severity="warning", about=about, text=text, cure=error.hint))
    return found
