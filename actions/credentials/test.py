"""``credentials.test``: who gets in with which password, and who else there is."""

from __future__ import annotations

from actions.action import action
from actions.backups.engine import target
from actions.context import ActionContext
from actions.credentials.rotate import credentials_of, stranger_cures, stranger_findings, stranger_names
from actions.credentials.store import find_store
from actions.credentials.trial import try_elsewhere, try_user
from actions.outcome import Outcome
from journal.wording.counting import count


@action("credentials.test", target=target, unready="it tries old passwords: only after they were changed")
def test(ctx: ActionContext) -> Outcome:
    """Try the passwords of a system's users.

    Each of the inventory's `logins` logs in: its new password is let in, its old one and one that nobody has are
    refused. The old one is tried at each standby and pooler of the inventory, too. Users that no
    clean backup and no inventory knows are named.

    Needs: what credentials.rotate needs.

    Leaves: refused logins in the server's log.
    """
    store = find_store(ctx)
    trials = [try_user(ctx, store, user) for user in credentials_of(ctx)]
    for trial in trials:
        ctx.log(f"{trial.user}: {trial.words}", "out" if trial.good else "err")
    doors = _other_doors(ctx)
    elsewhere = [try_elsewhere(ctx, store, user, doors) for user in credentials_of(ctx)] if doors else []
    for trial in elsewhere:
        ctx.log(f"{trial.user}: {trial.words}", "out" if trial.good and trial.tried else "err")
    strangers, compared = store.strangers()
    findings = [
        *(one for trial in (*trials, *elsewhere) for one in trial.findings),
        *store.open_doors(),
        *stranger_findings(ctx, strangers),
    ]
    untried = [trial.user for trial in trials if not trial.tried]
    good = [trial for trial in trials if trial.good]
    partial = [f"kept out, so no login was tried: {', '.join(untried)}"] if untried else []
    partial += [f"{trial.user} {trial.words}" for trial in elsewhere if not trial.tried]
    names = stranger_names(strangers)
    summary = f"{len(good)} of {count(len(trials), 'user')} get in with the new password alone"
    summary += f"; {count(len(names), 'stranger')}: {', '.join(names)}" if names else "; no stranger can log in"
    return Outcome(
        ok=not any(finding.severity == "wrong" for finding in findings) and len(good) == len(trials),
        summary=f"{summary} (by {compared}).",
        facts={"good": len(good), "strangers": names, "not_tried": untried},
        findings=findings,
        cures=stranger_cures(ctx, strangers),
        partial="; ".join(partial),
    )


def _other_doors(ctx: ActionContext) -> list[str]:
    """Return the inventory's standbys of the system, and what stands in front of it or of these."""
    known = ctx.inventory.systems
    standbys = [name for name, one in known.items() if one.standby_of == ctx.system and not one.cold]
    fronts = [name for name, one in known.items() if getattr(one, "fronts", "") in (ctx.system, *standbys)]
    return [*standbys, *fronts]
