"""What fences a server, as every type of system goes about it: what was decided, a device, or a person's word."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from actions.failover.commands import says_fenced, switch_off, switch_on
from actions.failover.fence_record import DEVICES, FenceRecord, Means
from actions.failover.promotion_record import whose_place
from actions.failover.settings import FenceCommands
from actions.failover.standing import Answer, FencedServer, Standing
from actions.gate import decide
from actions.outcome import ActionFailed, Cure, Finding, GateClosed, Outcome

UNREACHABLE = "unreachable"
NOTHING = "Nothing was changed."
_NEW = "new-primary"


def choose_means(server: FencedServer, by: str) -> Means:
    """Return what fences it: what was asked for, else what was decided, where the inventory has it.

    Raises:
        ActionFailed: nothing fences so, or the inventory names no commands for it.
    """
    decided = server.ctx.incident.decisions.get("fence_by", "")
    means = by or (decided if server.fence.commands(decided) else "")
    if decided in DEVICES and not means:
        server.ctx.log(f"Decided was {decided}; the inventory names no commands for it: by its service.", "err")
    if means in DEVICES and server.fence.commands(means) is None:
        raise ActionFailed(
            f"The inventory names no commands for the {means} of {server.name}.",
            f"Write them there (fence: {means}:), or fence by its service, or by hand.",
            left_behind=NOTHING,
        )
    if means not in ("", "service", *DEVICES):
        raise ActionFailed(f"Nothing fences by {means!r}: service, power or network.", left_behind=NOTHING)
    return means or "service"  # type: ignore[return-value]


def device_for_silence(server: FencedServer) -> Means | None:
    """Return which device fences a server whose host does not answer; None: none does, or its service was decided."""
    if server.ctx.incident.decisions.get("fence_by") == "service":
        return None
    named = next((device for device in DEVICES if server.fence.commands(device)), None)
    if named:
        server.ctx.log(f"{server.host} does not answer, so its service cannot be asked: by its {named}.")
    return named


def require_not_the_new_one(server: FencedServer) -> None:
    """Stop at who took over in this incident: a fence that is run again is not meant for it.

    Raises:
        GateClosed: it took over, and nobody decided to fence it all the same.
    """
    if old := whose_place(server.ctx.files, server.name):
        message = f"{server.name} took the place of {old} in this incident: it is the one that serves."
        words = f"The old one is {old}: `cleo run {server.action} --on {old}`."
        cures = [Cure(words=words), Cure(words="Or fence the new one.", override=_NEW, cost="nobody serves then")]
        decide(server.ctx, GateClosed(_NEW, message, yields="reason and target", cures=cures), "The new one is fenced")


def on_a_word(server: FencedServer, seen: Standing) -> Outcome:
    """Take a server for fenced whose host cannot be reached: nothing here can prove it; a person who can must say so.

    Args:
        server: the server.
        seen: how it stands, as far as it can be seen.

    Raises:
        ActionFailed: it is seen to be alive.
        GateClosed: nobody said so.
    """
    if seen.alive:
        raise ActionFailed(f"{server.name} is NOT fenced: {seen.words}.", cures=outside(server), left_behind=NOTHING)
    if seen.fenced:
        return Outcome(ok=True, summary=f"{server.name} counts as fenced already: {seen.words}.")
    message = f"{server.name} is not fenced: {seen.words}."
    words = (
        "Only if somebody who saw it says that it is off, or its disk or network gone for good: "
        "say who, how, and what keeps it so."
    )
    cures = [*outside(server), Cure(words=words, override=UNREACHABLE, cost="if that is wrong: two primaries")]
    closed = GateClosed(UNREACHABLE, message, yields="reason and target", cures=cures)
    decide(server.ctx, closed, f"{server.name} counts as fenced though its host cannot be reached")
    reason = server.ctx.overridden(UNREACHABLE)
    if not server.ctx.effect(f"take {server.name} for fenced, on the word: {reason}"):
        return Outcome(ok=True, summary=f"would take {server.name} for fenced")
    FenceRecord(means="word", reason=reason).keep(server.ctx.files, server.name)
    text = f"nothing here keeps it from starting once {server.host} is back"
    cure = "Keep it off. Before it may come back: fence it again, by its service, as soon as its host answers."
    return Outcome(
        ok=True,
        summary=f"{server.name} counts as fenced on a person's word: {reason}.",
        facts={"fenced_by": "word"},
        findings=[Finding(severity="warning", about=server.name, text=text, cure=cure)],
    )


def outside(server: FencedServer) -> list[Cure]:
    """Return the inventory's means from outside as what helps."""
    named = [means for means in DEVICES if server.fence.commands(means)]
    found = [Cure(words=f"Fence it by its {means}.", action=server.action, params={"by": means}) for means in named]
    by_hand = Cure(words=f"Have {server.host} powered off, or cut off, by somebody who can prove it.")
    return found or [by_hand]


def require_guardable(server: FencedServer, file: str, *, there: bool) -> None:
    """Stop where nothing can have a start refused.

    Args:
        server: the server.
        file: the configuration file that the guard would stand in; empty: it is started without one.
        there: whether that can be read.

    Raises:
        ActionFailed: so it is.
    """
    if there:
        return
    why = "is started without a configuration file" if not file else f"has no configuration file {file}"
    raise ActionFailed(
        f"{server.name} {why}: nothing there can have a start refused.",
        "Correct config_file: in the inventory; or fence it from outside, or by hand (stop it, mask its unit).",
        cures=outside(server),
        left_behind=NOTHING,
    )


def by_device(
    server: FencedServer,
    means: Means,
    guard: Callable[[], FenceRecord],
    answers: Callable[[], Answer | None],
) -> Outcome:
    """Fence a server by the inventory's commands for its power or network.

    Args:
        server: the server.
        means: which of them.
        guard: has later starts refused where the host still answers; returns what is written down of that.
        answers: looks who takes writes at its address.

    Raises:
        ActionFailed: the device refuses, or somebody takes writes at its address all the same.
    """
    commands = server.fence.commands(means)
    if commands is None:
        raise ActionFailed(f"The inventory names no commands for the {means} of {server.name}.")
    line = f"fence {server.name} by its {means}: `{' '.join(commands.fence)}` on {commands.host}"
    if not server.ctx.effect(f"{line}, proven by `{' '.join(commands.state)}` saying {commands.fenced_says!r}"):
        return Outcome(ok=True, summary=f"would fence {server.name} by its {means}")
    record = msgspec.structs.replace(guard(), means=means)
    said = _switched_off(server, means, commands)
    if seen := answers():
        raise ActionFailed(
            f"The {means} of {server.name} is off, says its device ({said}), and {seen.words}.",
            "Find who answers there: the device may be another server's.",
            left_behind="The command ran; who answers is NOT fenced.",
        )
    record.keep(server.ctx.files, server.name)
    return Outcome(
        ok=True,
        summary=f"{server.name} is fenced by its {means}: the device says {said!r}, and nobody takes writes there.",
        facts={"fenced_by": means},
        findings=[] if record.guarded else _not_guarded(server, means),
    )


def _switched_off(server: FencedServer, means: Means, commands: FenceCommands) -> str:
    """Have a device fence a server, and return its words; where it does not, what comes after it helps."""
    try:
        return switch_off(server.ctx, commands)
    except ActionFailed as error:
        later = [one for one in DEVICES[DEVICES.index(means) + 1 :] if server.fence.commands(one)]
        cures = [Cure(words=f"Fence it by its {one}.", action=server.action, params={"by": one}) for one in later]
        words = "By its service, or on the word of somebody who saw that it is off."
        by_people = Cure(words=words, action=server.action, params={"by": "service"})
        raise ActionFailed(
            error.message, error.hint, left_behind=error.left_behind, cures=[*cures, by_people]
        ) from error


def _not_guarded(server: FencedServer, means: str) -> list[Finding]:
    text = f"it comes up as a primary as soon as its {means} is back: its own host could not be changed"
    cure = "Keep it so. When it may come back: keep it from the network, and fence it by its service first."
    return [Finding(severity="warning", about=server.name, text=text, cure=cure)]


def switched_on(server: FencedServer) -> bool | None:
    """Take back what devices did: True where that was done, False where it would be, None where there is none to.

    Raises:
        ActionFailed: a device refuses, or no command takes it back.
    """
    record = server.record
    done = [_switched_on(server, device) for device in (record.devices if record else [])]
    return next((one for one in (False, True) if one in done), None)


def _switched_on(server: FencedServer, device: Means) -> bool | None:
    """Do as `switched_on` for one device."""
    commands = server.fence.commands(device)
    if commands is None or not says_fenced(server.ctx, commands):
        return None
    if not commands.unfence:
        raise ActionFailed(
            f"{server.name} was fenced by its {device}, and the inventory names no command that takes it back.",
            f"Switch its {device} on by hand, then run it again.",
            left_behind=NOTHING,
        )
    if not server.ctx.effect(f"switch the {device} of {server.name} on: `{' '.join(commands.unfence)}`"):
        return False
    switch_on(server.ctx, commands)
    return True


def nothing_left(server: FencedServer, data: str) -> list[Finding]:
    """Return that nothing could have its starts refused, as nothing of it is there."""
    text = f"its data directory is {data}: nothing keeps it from starting, should that be a disk that is not mounted"
    return [Finding(severity="warning", about=server.name, text=text, cure="Once it is mounted, fence it again.")]
