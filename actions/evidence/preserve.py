"""``evidence.preserve``: a system's data, configuration, logs and sessions, before anything replaces them."""

from __future__ import annotations

from collections.abc import Sequence

from actions.action import action
from actions.context import ActionContext, Progress
from actions.evidence.by_hand import by_hand
from actions.evidence.evidence import Evidence, Look, find_evidence, without_nested
from actions.evidence.place import Kept, keep, machine_of, new_folder, settings_of, target
from actions.evidence.scripts import COPY, HOST_LOOK, SEAL, SEALED, TREE
from actions.gate import decide
from actions.machine.directories import inspect_directories, used
from actions.machine.machine import Machine, last_words
from actions.machine.room import GATE, SpaceNeed, too_small
from actions.outcome import ActionFailed, Cure, Finding, GateClosed, Outcome
from journal.wording.counting import count
from journal.wording.sizes import size_words

_LOOK_S = 120.0
_CHECK_S = 6 * 3600.0
_VANISHED = "No such file or directory"
_SHOWN = 5


@action(
    "evidence.preserve",
    probe="evidence.verify",
    touches=("evidence",),
    target=target,
    by_hand=by_hand,
    params={"data": "copy the data themselves, too: without them it is only a part"},
)
def preserve(ctx: ActionContext, *, data: bool = True) -> Outcome:
    """Preserve evidence of a break-in.

    First what is gone soonest (processes, connections, sessions, logins, what the system says of itself), then
    configuration, users, logs and data, with owners and times. Every file's SHA-256 is in a manifest, whose own is in
    the journal. What a running system holds is copied file by file while it changes: no single moment, and nothing to
    start a server from; the restore keeps the stopped data besides.

    Needs: `evidence` in the inventory; an account on the system's host that may read all of it; room there.

    Leaves: a folder that nobody may write to. It may hold secrets and personal data: nothing of it is printed.

    Killed half way: a folder `….part`, which is no evidence; run again it begins another one.
    """
    settings = settings_of(ctx)
    found = find_evidence(ctx)
    machine = machine_of(ctx, found.host)
    paths = without_nested([*found.files, *(found.data if data else [])])
    _require_place(machine, settings.folder, paths)
    folder = new_folder(ctx, machine)
    if not ctx.effect(f"copy {', '.join(paths) or 'what it says of itself'} of {ctx.system} to {folder}"):
        return Outcome(ok=True, summary=f"would preserve the evidence of {ctx.system} in {folder}")
    unseen = _look(machine, found, folder, paths)
    ctx.progress(Progress(text=f"copying {count(len(paths), 'place')}"))
    left_out = _copy(machine, folder, paths)
    kept, size = _seal(machine, folder)
    keep(ctx, kept)
    lacks = [*unseen, *left_out, *([] if data else ["the data themselves"])]
    return _outcome(found, kept, size, lacks)


def _require_place(machine: Machine, folder: str, paths: Sequence[str]) -> None:
    """Make sure that the evidence fits, and does not lie in what is copied and replaced."""
    real, *places = inspect_directories(machine, folder, *paths)
    for place in places:
        if f"{real.real}/".startswith(f"{place.real}/"):
            raise ActionFailed(
                f"The folder for evidence {folder} lies in {place.path}, which is to be copied.",
                "Name another one in the inventory (evidence: folder:).",
            )
    needs = [SpaceNeed(real, used(machine, path), f"the copy of {path}") for path in paths if machine.exists(path)]
    if short := too_small(needs):
        closed = GateClosed(
            GATE,
            f"There is no room for the evidence: {'; '.join(short)}.",
            cures=[
                Cure(words="Make room there, then run it again."),
                Cure(
                    words="Or keep what is small: configuration, users, logs, sessions.",
                    action="evidence.preserve",
                    params={"data": False},
                    cost="the data are evidence only as far as the restore keeps them",
                ),
            ],
        )
        decide(machine.ctx, closed, f"Goes on without the room ({'; '.join(short)})")


def _look(machine: Machine, found: Evidence, folder: str, paths: Sequence[str]) -> list[str]:
    """Write down what host and system say; returns what could not be asked."""
    part = f"{folder}.part"
    done = machine.run("evidence-folder", ["sh", "-c", 'umask 077; mkdir -p "$1/looks"', "sh", part])
    if done.code != 0:
        raise ActionFailed(
            f"{part} cannot be made: {last_words(done)}", f"Let {machine.account} write to the folder for evidence."
        )
    host = machine.query(["sh", "-c", HOST_LOOK], timeout_s=_LOOK_S)
    tree = machine.query(["sh", "-c", TREE, "sh", *paths], timeout_s=_LOOK_S) if paths else None
    looks = [
        Look(name="host.txt", text=host.out),
        *([Look(name="tree.txt", text=tree.out)] if tree else []),
        *found.looks,
    ]
    for look in looks:
        machine.write(f"{part}/looks/{look.name}", look.text or f"not asked: {look.unseen}\n")
    return [f"{look.name.partition('.')[0]} ({look.unseen})" for look in looks if look.unseen]


def _copy(machine: Machine, folder: str, paths: Sequence[str]) -> list[str]:
    """Copy the files; returns what is not there or cannot be read. What a running server removed meanwhile is none."""
    if not paths:
        return []
    part = f"{folder}.part"
    done = machine.run("evidence-copy", ["sh", "-c", COPY, "sh", part, *paths])
    if done.code != 0:
        raise ActionFailed(f"The evidence cannot be copied: {last_words(done)}", left_behind=f"{part} is no evidence.")
    said = (machine.read(f"{part}/not-copied.txt") or "").splitlines()
    kept_out = [line for line in said if _VANISHED not in line]
    vanished = len(said) - len(kept_out)
    machine.ctx.log(f"{count(vanished, 'file')} went away while they were copied.") if vanished else None
    for line in kept_out[:_SHOWN]:
        machine.ctx.log(line, "err")
    full = next((line for line in kept_out if "No space left" in line), "")
    if full:
        raise ActionFailed(f"The disk is full: {full}", "Make room, then run it again.", left_behind=f"{part}, a part.")
    return [f"{count(len(kept_out), 'place')} that could not be copied ({kept_out[0]})"] if kept_out else []


def _seal(machine: Machine, folder: str) -> tuple[Kept, int]:
    machine.ctx.progress(Progress(text="digesting every file"))
    done = machine.run("evidence-seal", ["sh", "-c", SEAL, "sh", folder])
    said = machine.query(["sh", "-c", SEALED, "sh", folder], timeout_s=_CHECK_S) if done.code == 0 else done
    words = said.out.split()
    if said.code != 0 or len(words) != 3:
        raise ActionFailed(
            f"The evidence cannot be sealed: {last_words(said)}",
            "Make room there, then run it again.",
            left_behind=f"{folder}.part is no evidence.",
        )
    return Kept(host=machine.host, folder=folder, manifest=words[0], files=int(words[1])), int(words[2])


def _outcome(found: Evidence, kept: Kept, size: int, lacks: Sequence[str]) -> Outcome:
    partial = f"it lacks {'; '.join(lacks)}" if lacks else ""
    while_up = " The system ran: its files are of different moments." if found.running else ""
    return Outcome(
        ok=True,
        summary=f"{count(kept.files, 'file')}, {size_words(size)}, are evidence in {kept.host}:{kept.folder}; "
        f"manifest {kept.manifest[:16]}….{while_up}{f' PARTIAL: {partial}.' if partial else ''}",
        facts={
            "evidence": f"{kept.host}:{kept.folder}",
            "manifest_sha256": kept.manifest,
            "files": kept.files,
            "bytes": size,
            "while_running": found.running,
        },
        findings=[Finding(severity="warning", about="evidence", text=partial)] if partial else [],
        partial=partial,
    )
