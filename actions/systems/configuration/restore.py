"""``configuration.restore``: what runs becomes what Git has at the recovery point, file by file.

Each file is replaced whole or not at all, and the one before is kept. Killed between two files it is run again: what
is as in the commit is left alone. Which commit a moment leads to is told by when heads of the branch were first seen
here, then by the commits' own dates, which whoever makes a commit can set as they like: what rests on them is said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.gate import decide
from actions.outcome import ActionFailed, Cure, Finding, GateClosed, Outcome
from actions.systems.configuration.host import (
    Configuration,
    doubts,
    find_configuration,
    identity,
    last_words,
    named,
    of_kind,
    options,
)
from actions.systems.configuration.settings import ConfigurationSettings
from journal.incident.scanned import is_breach
from journal.wording.counting import count

_REPLACED = ("missing", "changed", "mode", "kind")
_HALF_DONE = "Files that were not reached are as before; each that was replaced is kept. Run it again: it goes on."


def _by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return the commands: see the history, see the difference, put the files in place."""
    settings = known.settings(ConfigurationSettings)
    git, host, at = ["git", "--git-dir", settings.mirror], settings.host, settings.place()
    kept = f"{at}.aside-{known.incident}"
    put = ["sh", "-c", 'git --git-dir "$1" archive COMMIT -- "$3" | tar -x -C "$2"', "sh", settings.mirror, at]
    return [
        CommandLine(
            argv=["git", "clone", "--bare", settings.remote, settings.mirror], host=host, what="if none is there"
        ),
        CommandLine(argv=[*git, "log", "--first-parent", "--format=%H %cI %s"], host=host, what="choose COMMIT"),
        CommandLine(argv=["cp", "-a", at, kept], host=host, what="keep what runs"),
        *(CommandLine(argv=[*put, path], host=host, what=f"put {path} in place") for path in settings.paths),
    ]


@action(
    "configuration.restore",
    destructive=True,
    probe="configuration.is_restored",
    resumable=True,
    gates=("recovery-point", "clean-point"),
    touches=("data directory",),
    target=identity,
    by_hand=_by_hand,
    params={
        "commit": "this commit, by its id (else the one that the recovery point leads to)",
        "remove_extra": "also move away files that the commit does not have",
    },
)
def restore(ctx: ActionContext, *, commit: str = "", remove_extra: bool = False) -> Outcome:
    """Restore the configuration from Git.

    What runs becomes what the recovery point's commit has, below `paths` alone. Files that it does not have stay,
    unless asked, or after a break-in: an intruder's crontab would stay with them. Nothing is reloaded or restarted.

    Needs: git on the host; the right to write the directory as `run_as`; a recovery point, or a commit; a good
    signature, where `allowed_signers` is named.

    Leaves: the files as in the commit; each that was replaced in `….aside-<incident>`, which nothing here removes; a
    record of what was done.

    Killed half way: every file is the old one or the new one, whole. Run again it goes on, and what was kept first
    stays.
    """
    found, remove_extra = find_configuration(ctx), remove_extra or is_breach(ctx.incident.scenario)
    seen = found.look_well(found.point(commit), show=True)
    chosen = seen["commit"]
    _require_signed(found, seen)
    kinds = (*_REPLACED, "extra") if remove_extra else _REPLACED
    paths = of_kind(seen, *kinds)
    label = f"commit {chosen['id'][:12]} of {chosen['at'][:19].replace('T', ' ')} UTC"
    words = f"make {count(len(paths), 'file')} in {found.place} as in {label}, and keep what lies there"
    if remove_extra and (extra := of_kind(seen, "extra")):
        words += f"; {count(len(extra), 'file')} that it does not have go away: {named(extra)}"
    if not paths:
        words = f"write down that {found.place} is as in {label}"
    if not ctx.effect(words):
        return Outcome(
            ok=True, summary=f"would restore {label}: {named(paths) or 'all is as in it'}", findings=doubts(seen)
        )
    said = json.dumps(options(found.settings))
    done = found.run("apply", "apply", said, chosen["id"], ctx.incident.id, "remove" if remove_extra else "leave")
    if done.code:
        raise ActionFailed(f"{found.name} is not restored: {last_words(done)}", left_behind=_HALF_DONE)
    return _outcome(found, seen, json.loads(done.out.strip().splitlines()[-1]), label, remove_extra)


def _require_signed(found: Configuration, seen: Mapping[str, Any]) -> None:
    """Where the inventory says who may sign, what nobody of them signed is restored for a reason alone."""
    signers = found.settings.allowed_signers
    if not signers or seen["signature"]:
        return
    closed = GateClosed(
        "verified",
        f"Commit {seen['commit']['id'][:12]} carries no signature of {signers}, and no tag on it does.",
        cures=[
            Cure(words="Choose a commit that is signed.", decision="recovery_point"),
            Cure(words="Or go on: somebody has read what it changes.", override="verified"),
        ],
    )
    decide(found.ctx, closed, "An unsigned commit is restored")


def _outcome(
    found: Configuration, seen: Mapping[str, Any], record: Mapping[str, Any], label: str, removed: bool
) -> Outcome:
    done = sum(record["done"].values())
    kept = f"; what was there is kept in {record['kept']}" if record["kept"] else ""
    findings = doubts(seen)
    extra = [] if removed else of_kind(seen, "extra")
    if extra:
        text = f"{count(len(extra), 'file')} that the commit does not have stay: {named(extra)}"
        cure = "Run it with remove_extra, if they are to go."
        findings.append(Finding(severity="warning", about=found.name, text=text, cure=cure))
    facts = {"commit": record["commit"], "recovered_to": record["committed_at"], "files": done}
    return Outcome(
        ok=True,
        summary=f"{found.name} is as in {label}: {count(done, 'file was', 'files were')} replaced{kept}.",
        facts=facts | ({"aside": record["kept"]} if record["kept"] else {}),
        findings=findings,
    )


@action("configuration.is_restored", target=identity)
def is_restored(ctx: ActionContext) -> Outcome:
    """Tell from which commit the configuration is, and what of it was changed since.

    Needs: git on the host.
    """
    found = find_configuration(ctx)
    seen = found.look()
    record = seen["restored"]
    if not record:
        return Outcome(ok=False, summary=f"{found.name}: no restore came to its end.")
    ours = record["incident"] == ctx.incident.id
    words = f"{found.name} was restored from commit {record['commit'][:12]}, for {record['incident']}"
    differ = of_kind(found.look_well(record["commit"]), *_REPLACED)
    since = f"; since then {count(len(differ), 'file')} changed: {named(differ)}" if differ else ""
    return Outcome(ok=ours and not differ, summary=f"{words}{since}.", facts={"commit": record["commit"]})
