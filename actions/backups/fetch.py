"""``backups.fetch``: bring backups back from the second place, where those of the first one are lost or damaged."""

from __future__ import annotations

from actions.action import action
from actions.backups.engine import target
from actions.backups.offsite.acting import fetch_offsite
from actions.context import ActionContext
from actions.outcome import Outcome
from journal.wording.counting import count


@action(
    "backups.fetch",
    probe="backups.verify",
    resumable=True,
    touches=("repository",),
    target=target,
    params={"backup": "only this one, in a repository of Cleo's; else all that is there"},
)
def fetch(ctx: ActionContext, *, backup: str = "") -> Outcome:
    """Fetch backups from the second place.

    Brings back what is there and not here, so that a restore finds it. What is here with another content is never
    replaced.

    Needs: `offsite:` in the inventory, its credentials on the repository's host, and room in the repository.

    Leaves: the files that were missing, each under its name once its SHA-256 was compared.

    Killed half way: what is whole stays, and is not fetched again; half a file has no name yet. Run it again.
    """
    did = fetch_offsite(ctx, [backup] if backup else [], "")
    if ctx.dry_run:
        return Outcome(ok=True, summary="would bring back what is not here; what is here stays as it is")
    return Outcome(
        ok=True,
        summary=f"{count(did['fetched'], 'file')} fetched from the second place, each compared with what was copied; "
        f"{did['kept']:,} were here.",
        facts={"files": did["fetched"], "bytes": did["bytes"], "kept": did["kept"]},
    )
