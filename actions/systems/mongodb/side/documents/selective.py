"""``mongodb.selective_restore``: documents of one collection as they were, from a side instance."""

from __future__ import annotations

from actions.action import action
from actions.context import ActionContext
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.mongodb.programs.request import Reached
from actions.systems.mongodb.server import find_server
from actions.systems.mongodb.side.documents import by_hand
from actions.systems.mongodb.side.documents.asked import (
    Brought,
    Compared,
    Difference,
    MadeAgain,
    MakeAgain,
    Meant,
    Mode,
)
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
from actions.systems.mongodb.side.pitr import side_identity
from actions.systems.mongodb.side.place import Side
from actions.systems.mongodb.side.programs import run_in_side, server_of_side
from journal.wording.counting import count

NAME = "mongodb.selective_restore"
_MODES: dict[bool, Mode] = {False: "missing", True: "replace"}
_MAKE_AGAIN = "actions.systems.mongodb.side.documents.make_again"


@action(
    NAME,
    script="selective_restore.sh",
    destructive=True,
    probe="mongodb.pitr_state",
    resumable=True,
    touches=("data directory", "side instance"),
    target=side_identity,
    by_hand=by_hand.selective_restore,
    params={
        "collection": "which collection, with its database where several are called so",
        "table": "the same",
        "date": "as it was then: an instant with its zone (default: where the side instance stands)",
        "replace": "make the collection what it was: changed documents too, and documents that are new since go",
    },
)
def selective_restore(
    ctx: ActionContext, *, collection: str = "", table: str = "", date: str = "", replace: bool = False
) -> Outcome:
    """Restore the documents of one collection.

    They come from the side instance that mongodb.pitr made, by `_id`. What would come back, be changed or go is counted
    first, and is all that a dry run does. Only missing documents come back, unless asked. What is past its time by now
    (TTL), or has a unique value that another document has now, is left out and counted. A collection that was dropped
    is made again, with its options and indexes.

    Needs: the side instance; a user of the real server who may write the collection.

    Leaves: the documents, staged beside the side instance and compared by digest before, written in transactions of up
    to 5,000 documents or 8 MiB; with `replace` the documents that came since are gone. What somebody wrote since the
    comparison is left as it is.

    Killed half way: whole transactions were written, and what they wrote is right; run again it compares anew and
    writes the rest. A dropped collection is there whole, or not at all.
    """
    server = find_server(ctx)
    if not (name := collection or table):
        raise ActionFailed("Say which collection.", "--collection conversations")
    side = side_at(server, date, NAME)
    real = reach_primary(server)
    meant = Meant(name=name, database=server.settings.database)
    compared = compare(side, real, meant, replace=replace)
    (found,) = compared.found
    if found.refused:
        hint = "Copy what is needed by hand, or restore as a whole."
        raise ActionFailed(f"Documents of {found.namespace} cannot be copied: {found.refused}.", hint)
    if not found.then:
        raise ActionFailed(f"{found.namespace} was not there then.", "Choose another instant or collection.")
    ctx.log(f"{found}.")
    if not found.now:
        return _make_again(side, real, found)
    return _bring(side, real, compared, found, replace=replace)


def _bring(side: Side, real: Reached, compared: Compared, found: Difference, *, replace: bool) -> Outcome:
    ctx, mode = side.of.ctx, _MODES[replace]
    findings = before(found, mode)
    for finding in findings:
        ctx.log(str(finding), "err")
    if not found.can_come and not (replace and (found.can_change or found.extra)):
        nothing = "Nothing of what is missing can come back" if found.missing else "Nothing is missing"
        return Outcome(ok=True, summary=f"{nothing}. {found}.", facts=facts_of(found), findings=findings)
    if not ctx.effect(_words(found, replace=replace)):
        return Outcome(ok=True, summary=f"would bring back: {found}.", facts=facts_of(found), findings=findings)
    brought = bring_back(side, real, compared, mode)
    return _outcome(found, brought, findings)


def _words(found: Difference, *, replace: bool) -> str:
    words = f"insert {count(found.can_come, 'missing document')} into {found.namespace}"
    if not replace:
        return words
    return f"{words}, change {found.can_change:,} back, and delete {found.extra:,} that are new since"


def _outcome(found: Difference, brought: Brought, findings: list[Finding]) -> Outcome:
    (got,) = brought.got
    parts = [f"{count(got.inserted, 'document')} of {found.namespace} came back"]
    parts += [f"{got.updated:,} have their content of then"] if got.updated else []
    parts += [f"{got.deleted:,} that were new since are gone"] if got.deleted else []
    return Outcome(
        ok=True,
        summary=f"{'; '.join(parts)}, in {count(brought.transactions, 'transaction')}; their digests were compared.",
        facts={**facts_of(found), **got_facts(got), "transactions": brought.transactions},
        findings=[*findings, *after(found, got)],
    )


def _make_again(side: Side, real: Reached, found: Difference) -> Outcome:
    ctx, facts = side.of.ctx, {**facts_of(found), "dropped": True}
    words = f"make {found.namespace} again, with {count(found.rows, 'document')}"
    if not ctx.effect(words):
        return Outcome(ok=True, summary=f"would {words}", facts=facts)
    asked = MakeAgain(side=server_of_side(side), real=real, namespace=found.namespace, indexes=side.indexes)
    left = f"{found.namespace} is not there; what was loaded under another name goes with the next run."
    made = run_in_side(side, "bring-back", _MAKE_AGAIN, asked, MadeAgain, left=left)
    past = f"{count(made.expired, 'document')} of then are past their time by now (TTL) and were left out"
    return Outcome(
        ok=True,
        summary=(
            f"{found.namespace} is there again, with {count(made.documents, 'document')} and "
            f"{count(made.indexes, 'index', 'indexes')}; count and digest were compared before it was seen."
        ),
        facts={**facts, "inserted": made.documents, "expired": made.expired},
        findings=[Finding(severity="note", about=found.namespace, text=past)] if made.expired else [],
    )
