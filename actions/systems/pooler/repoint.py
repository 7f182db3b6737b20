"""``pooler.repoint``: who comes through the pooler reaches the PostgreSQL that is the primary now."""

from __future__ import annotations

from actions.action import action
from actions.behind import Instance
from actions.context import ActionContext
from actions.fronting import number_left, words_left
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cancelled, Cure, Outcome
from actions.systems.pooler import by_hand
from actions.systems.pooler.behind import address_of, front, fronting
from actions.systems.pooler.change import Change, change
from actions.systems.pooler.commands import NOT_ENDED, resume_words, turn_argv
from actions.systems.pooler.pooler import RESUME, Files, Pooler, find_pooler, identity
from actions.systems.pooler.seen import Seen
from journal.wording.counting import count

_MARGIN_S = 60.0


@action(
    "pooler.repoint",
    destructive=True,
    probe="pooler.verify",
    resumable=True,
    touches=("pooler",),
    target=identity,
    params={
        "to": "the inventory's PostgreSQL that it is to lead to; empty: the primary",
        "kill": "cut transactions that do not end in time, though their server lives",
    },
    by_hand=by_hand.repoint,
)
def repoint(ctx: ActionContext, *, to: str = "", kill: bool = False) -> Outcome:
    """Lead the connection pooler to the primary.

    Changes host and port of its databases in its configuration, waits until transactions end, has it read the file, and
    lets the clients go on: they wait meanwhile, and stay connected. What does not end in time is cut where the server
    that it leads to is gone. Then asks through it which server answers, and counts who is left at the others.

    Needs: the server that it is to lead to takes writes; psql and its admin console on its host.

    Leaves: the same clients at that server. It is taken back by itself, with the other server as `to`.

    Killed half way: its clients go on, at the old server or the new one; run it again.
    """
    pooler = find_pooler(ctx)
    servers = fronting(pooler)
    server = servers.target(to)
    primary = servers.require_primary(server)
    seen, files = pooler.look(), pooler.files()
    where = address_of(pooler, server)
    found = change(pooler, seen, files, where)
    for line in found.lines:
        ctx.log(line)
    lost, cut = 0, kill or _all_gone(pooler, seen, server)
    if found.texts or found.turned:
        if not ctx.effect(_words(pooler, seen, found, where, cut=cut)):
            return Outcome(ok=True, summary=f"would lead {', '.join(found.turned) or 'its file'} to {server}")
        lost = seen.connected(_turn(pooler, seen, files, found, cut=cut))
    return _prove(pooler, server, primary, where, lost)


def _words(pooler: Pooler, seen: Seen, found: Change, where: str, *, cut: bool) -> str:
    names = ", ".join(found.turned or pooler.settings.databases)
    clients = count(seen.connected(found.turned), "client")
    late = f"transactions of over {pooler.settings.pause_s:g} s {'are cut' if cut else 'stop it'}"
    return f"lead {names} of {pooler.name} to {where}: {clients} will wait; {late}"


def _all_gone(pooler: Pooler, seen: Seen, server: str) -> bool:
    """Whether no server that the databases lead to answers: what is open there does not end by itself."""
    leads_to = {seen.databases[n].leads_to for n in pooler.settings.databases if n in seen.databases}
    servers = fronting(pooler)
    others = {address_of(pooler, name): name for name in servers.family() if name != server}
    left = leads_to - {address_of(pooler, server)}
    return left <= set(others) and not any(servers.behind.answers(pooler.ctx, others[where]) for where in left)


def _turn(pooler: Pooler, seen: Seen, files: Files, found: Change, *, cut: bool) -> list[str]:
    """Write the files, then pause, reload and resume in one program; return the databases whose clients were cut.

    Raises:
        ActionFailed: transactions did not end, or it does not take the file; the file is as it was.
        Cancelled: it was stopped; the file is as it was.
    """
    settings = pooler.settings
    for path, text in found.texts.items():
        pooler.write(path, text, user=settings.write_as)
    names = [name for name in found.turned if name not in seen.paused(found.turned)]
    argv = turn_argv(settings, names, cut=cut)
    try:
        limit_s = settings.pause_s * len(names) + _MARGIN_S
        done = pooler.run("turn", argv, timeout_s=limit_s, env=pooler.secret_env)
    except Cancelled:
        _put_back(pooler, files, found, names)
        raise Cancelled(f"{pooler.name} leads where it led before; its clients go on.") from None
    if done.code:
        _put_back(pooler, files, found, names)
    if done.code == NOT_ENDED:
        raise _not_ended(pooler, seen, found)
    if done.code:
        raise ActionFailed(
            f"{pooler.name} does not do as it is told: {last_words(done)}.",
            "See its log on its host.",
            left_behind="Its file is as it was, and its clients go on.",
        )
    return [name for name in names if f"KILL {name}:" in done.out]


def _put_back(pooler: Pooler, files: Files, found: Change, names: list[str]) -> None:
    for path in found.texts:
        pooler.write(path, files.texts[path], user=pooler.settings.write_as)
    pooler.admin("RELOAD")
    for name in pooler.look().paused(names):
        pooler.admin(resume_words(name))


def _not_ended(pooler: Pooler, seen: Seen, found: Change) -> ActionFailed:
    session = [name for name in found.turned if seen.mode_of(name) == "session"]
    why = f": {', '.join(session)} gives each client a server of its own until it leaves" if session else ""
    clients = count(seen.connected(found.turned), "client")
    return ActionFailed(
        f"{pooler.name}: what is open did not end within {pooler.settings.pause_s:g} s{why}.",
        left_behind="Its file is as it was, and its clients go on at the old server.",
        cures=[
            Cure(
                words=f"Cut what does not end ({clients} connected).",
                action="pooler.repoint",
                params={"kill": True},
                cost="open transactions are lost; their clients must connect again",
            )
        ],
    )


def _prove(pooler: Pooler, server: str, primary: Instance, where: str, cut: int) -> Outcome:
    """Look at what runs, ask through the pooler who answers, and count who is left elsewhere."""
    names, seen = pooler.settings.databases, pooler.look()
    astray = [
        f"{n} leads to {seen.databases[n].leads_to if n in seen.databases else 'nothing'}"
        for n in names
        if n not in seen.databases or seen.databases[n].leads_to != where
    ]
    if astray:
        raise ActionFailed(
            f"{pooler.name} read its file, and {'; '.join(astray)}, not to {where}.",
            "Its log names the line of its file that it cannot read. Correct that, then run this again.",
            left_behind="Its clients go on where they were.",
        )
    if paused := seen.paused(names):
        raise ActionFailed(
            f"{pooler.name} leads to {server}, and {', '.join(paused)} is paused, as it was before: "
            f"{count(seen.waits(paused)[0], 'client')} wait.",
            left_behind="Its file and what it runs with lead there.",
            cures=[RESUME],
        )
    servers = fronting(pooler)
    answers = servers.asked(server, primary, [front(pooler, name) for name in names])
    left = servers.left(server, pooler.settings.count_s)
    lost = f"; {count(cut, 'client')} cut" if cut else ""
    said = f"{answers.words}; {words_left(left)}{lost}"
    return Outcome(
        ok=True,
        summary=f"{pooler.name} leads {', '.join(names)} to {server} ({where}); {said}.",
        facts={"leads_to": where, "sessions_left": number_left(left)},
        findings=[*answers.troubles, *servers.still_there(left)],
        partial="nobody was let through to see who answers" if answers.troubles else "",
        examined=[] if answers.troubles else [pooler.name],
    )
