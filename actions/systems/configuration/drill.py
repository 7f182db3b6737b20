"""``configuration.drill``: clones the branch from its remote once, writes every file of its head, compares, removes.

What is only on this host, the mirror too, is not used: that is lost with it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from actions.action import action
from actions.backups.drilled import left_by_drill, loss_words
from actions.context import ActionContext
from actions.machine.scratch_folder import NOT_HAD
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.configuration.host import Configuration, find_configuration, identity, last_words, options
from actions.systems.configuration.probe import measured
from journal.errors import CleoError
from journal.events.types import Identity
from journal.wording.counting import count
from journal.wording.durations import exact_duration

_LOOK = Cure(words="See with git what the remote has; push from a clone that is whole.")


def _folder(found: Configuration) -> str:
    return f"{found.place}.drill"


def drill_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the configuration from every other, and where its drill restores to."""
    return [*identity(ctx), Identity(name="drill folder", value=_folder(find_configuration(ctx)), known="reported")]


@action("configuration.drill_left", target=drill_identity)
def drill_left(ctx: ActionContext) -> Outcome:
    """Tell whether a drill left its folder.

    Needs: its host.
    """
    found = find_configuration(ctx)
    folder = _folder(found)
    seen = ctx.query(found.settings.host, ["test", "-e", folder], user=found.settings.run_as)
    return left_by_drill(folder, there=seen.code == 0)


@action(
    "configuration.drill",
    probe="configuration.drill_left",
    resumable=True,
    touches=("drill folder",),
    target=drill_identity,
)
def drill(ctx: ActionContext) -> Outcome:
    """Clone the branch from its remote into a scratch folder, write every file of its head, and remove it.

    What runs is only looked at. In the folder (`….drill`, beside the directory) git reads every object that it fetched,
    and each file that was written is compared with it. How long it took and how old the oldest edit is that no commit
    holds is measured.

    Needs: git on the host, and the remote; room for a clone.

    Leaves: nothing; what came of it is in the journal.

    Killed half way: the next drill removes the folder.
    """
    found = find_configuration(ctx)
    folder = _folder(found)
    if not ctx.effect(f"clone {found.settings.remote} into {folder}, write every file of its head, and remove it"):
        return Outcome(ok=True, summary=f"would restore {found.settings.branch} into {folder}, and remove it again")
    seen = _look(found)
    asked = json.dumps(options(found.settings))
    done = found.run("drill", "scratch", folder, asked, ctx.incident.id)
    if done.code == NOT_HAD:
        raise ActionFailed(f"Nothing was drilled: {last_words(done)}.")
    if done.code:
        raise ActionFailed(f"{found.name} could not be restored: {last_words(done)}.", cures=[_LOOK])
    return _outcome(found, seen, json.loads(done.out.strip().splitlines()[-1]))


def _look(found: Configuration) -> Mapping[str, Any]:
    """Return what runs as the drill begins; nothing where nobody can look."""
    try:
        return found.look_well("latest")
    except CleoError as error:
        found.ctx.log(f"What would be lost is not measured: {error.message}", "err")
        return {}


def _outcome(found: Configuration, seen: Mapping[str, Any], tried: Mapping[str, Any]) -> Outcome:
    lost = measured(seen).exposure_s if seen else None
    commit, seconds = tried["commit"], float(tried["seconds"])
    state = f"nothing in {', '.join(tried['empty'])}" if tried["empty"] else f"sound, {count(tried['files'], 'file')}"
    words = (
        f"Commit {commit['id'][:12]} of {commit['at'][:19].replace('T', ' ')} UTC was restored in "
        f"{exact_duration(seconds)}: {state}; {loss_words(lost, 'edits')}."
    )
    text = "is named in the inventory (paths), and the head has nothing there"
    return Outcome(
        ok=not tried["empty"],
        summary=words,
        facts={"drill": commit["id"], "drill_s": seconds, "drill_lost_s": lost, "drill_files": tried["files"]},
        findings=[Finding(severity="warning", about=path, text=text, cure=_LOOK.words) for path in tried["empty"]],
    )
