"""``mongodb.user_restore``: one user's documents of every collection that has such, from a side instance."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.erasure.due import require_not_erased
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.mongodb.programs.request import Reached
from actions.systems.mongodb.server import find_server
from actions.systems.mongodb.side.documents import by_hand
from actions.systems.mongodb.side.documents.asked import Brought, Compared, Difference, Meant, Mode
from actions.systems.mongodb.side.documents.real import (
    after,
    before,
    bring_back,
    compare,
    facts_of,
    got_facts,
    reach_primary,
    side_at,
)
from actions.systems.mongodb.side.documents.selective import NAME as SELECTIVE
from actions.systems.mongodb.side.pitr import side_identity
from actions.systems.mongodb.side.place import Side
from journal.wording.counting import count

NAME = "mongodb.user_restore"
_MODES: dict[bool, Mode] = {False: "missing", True: "update"}
_ERASED = (
    "If this user asked to be erased, do not bring the documents back: what was erased on request stays erased. "
    "It is MongoDB only: what PostgreSQL and Redis hold of the user is not restored by this."
)


@action(
    NAME,
    script="user_restore.sh",
    destructive=True,
    probe="mongodb.pitr_state",
    resumable=True,
    touches=("data directory", "side instance"),
    target=side_identity,
    by_hand=by_hand.user_restore,
    params={
        "user_id": "the user's id, as the owner fields have it",
        "date": "as it was then: an instant with its zone (default: where the side instance stands)",
        "update": "also give documents of the user that were changed their content of then",
        "kind": "what type the id is of, where several could be meant: number, text, objectid or uuid",
    },
)
def user_restore(
    ctx: ActionContext, *, user_id: str = "", date: str = "", update: bool = False, kind: str = ""
) -> Outcome:
    """Restore one user's documents.

    They come from the side instance that mongodb.pitr made, in every collection of the application's database, or of
    all: those whose one field (`user_data`) is the user's id and nothing else. A document
    that names several users, or is somebody else's now, is left alone; letters are never taken for others, whatever the
    collection's collation. PostgreSQL and Redis are not touched.

    Needs: the side instance; a user of the real server who may write the collections.

    Leaves: the missing documents of the user, in one transaction where they are up to 5,000 and 8 MiB; with `update`
    also the old content of changed ones. What somebody wrote since the comparison is left as it is.

    Killed half way: nothing was written, or whole transactions; run again it compares anew and writes the rest.
    """
    server = find_server(ctx)
    if not user_id:
        raise ActionFailed("Say which user.", "--user-id ID")
    require_not_erased(ctx, user_id)
    say = server.settings.user_data
    meant = Meant(user=user_id, kind=kind, database=server.settings.database, field=say.field, fields=say.fields)
    side = side_at(server, date, NAME)
    real = reach_primary(server)
    compared = compare(side, real, meant)
    _require_there(side, compared.found)
    return _bring(side, real, compared, _MODES[update])


def _require_there(side: Side, found: list[Difference]) -> None:
    """Say each in counts, and stop where a collection is gone, or there is nothing of the user.

    Raises:
        ActionFailed: it is so.
    """
    for one in found:
        side.of.ctx.log(f"{one}.")
        if not one.now:
            words = f"{one.namespace} is not there any more: bring it back whole first."
            params = {"collection": one.namespace}
            raise ActionFailed(words, cures=[Cure(words=words, action=SELECTIVE, params=params)])
    if not any(one.rows for one in found):
        raise ActionFailed(
            "The side instance has no documents of this user.",
            "Was the user there then? Choose another instant, user or --kind.",
        )


def _bring(side: Side, real: Reached, compared: Compared, mode: Mode) -> Outcome:
    ctx, found = side.of.ctx, compared.found
    findings = [finding for one in found for finding in before(one, mode)]
    findings += [
        Finding(severity="warning", about="left out", text=f"{one.namespace}: {one.refused}")
        for one in found
        if one.refused
    ]
    findings.append(Finding(severity="note", about="this user", text=_ERASED))
    for finding in findings:
        ctx.log(f"{finding.severity}: {finding}", "err")
    missing = sum(one.can_come for one in found)
    changed = sum(one.can_change for one in found) if mode == "update" else 0
    facts: dict[str, object] = {"collections": {one.namespace: facts_of(one) for one in found}}
    if not missing and not changed:
        summary = "Nothing of this user is missing in MongoDB that could come back."
        return Outcome(ok=True, summary=summary, facts=facts, findings=findings)
    words = f"insert {count(missing, 'missing document')} of this user"
    words += f", and change {changed:,} back" if mode == "update" else ""
    if not ctx.effect(words):
        return Outcome(ok=True, summary=f"would {words}", facts=facts, findings=findings)
    return _outcome(found, bring_back(side, real, compared, mode), findings)


def _outcome(found: list[Difference], brought: Brought, findings: list[Finding]) -> Outcome:
    parts, pairs = [], list(zip(found, brought.got, strict=True))
    for one, got in pairs:
        if got.inserted or got.updated:
            changed = f", {got.updated:,} changed back" if got.updated else ""
            parts.append(f"{one.namespace} {got.inserted:,}{changed}")
    back = "; ".join(parts) or "none"
    return Outcome(
        ok=True,
        summary=f"Documents of this user that came back: {back}. MongoDB only: PostgreSQL and Redis were not touched.",
        facts={
            "collections": {one.namespace: facts_of(one) | got_facts(got) for one, got in pairs},
            "transactions": brought.transactions,
        },
        findings=[*findings, *(finding for one, got in pairs for finding in after(one, got))],
    )
