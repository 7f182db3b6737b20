"""``redis.user_restore``: one user's keys, from a backup into the real server."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from actions.action import action
from actions.asked_instant import asked_instant
from actions.backups.repository.checking import check_backup
from actions.backups.repository.place import Place
from actions.context import ActionContext
from actions.erasure.due import require_not_erased
from actions.machine.machine import last_words
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.systems.redis import user_by_hand
from actions.systems.redis.backups.order import UserKey, UserOrder
from actions.systems.redis.backups.place import place_of_backups
from actions.systems.redis.identity import identity
from actions.systems.redis.restore_record import Source, keeper, place_of
from actions.systems.redis.scratch import require_scratch_room, scratch_order
from actions.systems.redis.server import Server, find_server
from actions.systems.redis.sources import source_of_backup
from actions.systems.redis.user_keys import choose_keys
from actions.systems.redis.verified_connection import connect_verified
from journal.events.types import Identity
from journal.structs import from_json
from journal.wording.counting import count
from journal.wording.instants import utc

if TYPE_CHECKING:
    from redis import Redis

NAME = "redis.user_restore"
_MODULE = "actions.systems.redis.backups.user_dump"
_HOURS_S = 12 * 3600.0
_READ_S = 600.0
_SOON = timedelta(seconds=1)


class _Found(msgspec.Struct, frozen=True):
    """A user's keys as a backup has them, by what they are in the real server now."""

    missing: list[UserKey]
    changed: list[UserKey]
    same: int
    expired: int

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many there are of each, by what they are called: never what is in them."""
        missing, changed = (Counter(one.place for one in keys) for keys in (self.missing, self.changed))
        places = dict.fromkeys([*missing, *changed])
        return {place: {"missing": missing[place], "changed": changed[place]} for place in places}


def _folder(server: Server) -> str:
    return f"{place_of(server)}.user"


def user_identity(ctx: ActionContext) -> Sequence[Identity]:
    """Return what tells the server from every other, and where a user's keys are read."""
    return [*identity(ctx), Identity(name="side instance", value=_folder(find_server(ctx)), known="reported")]


@action("redis.user_left", target=user_identity)
def user_left(ctx: ActionContext) -> Outcome:
    """Tell whether a restore of one user's keys left something beside the server.

    Needs: its host.
    """
    server = find_server(ctx)
    left = [path for path in _paths(server) if keeper(server).exists(path)]
    if not left:
        return Outcome(ok=True, summary=f"Nothing is left in {_folder(server)}: none was begun, or it came to its end.")
    words = "it is at work, or was killed; run it again, which removes them"
    return Outcome(ok=False, summary=f"{', '.join(left)}: {words}.")


@action(
    NAME,
    destructive=True,
    probe="redis.user_left",
    resumable=True,
    gates=("sound-data",),
    touches=("data directory", "side instance"),
    target=user_identity,
    by_hand=user_by_hand.user_restore,
    params={
        "user_id": "the user's key, as keys are called by it",
        "date": "from the newest backup that shows this instant or one before: with its zone (default: the newest)",
        "update": "also give keys that are there what they held then",
    },
)
def user_restore(ctx: ActionContext, *, user_id: str = "", date: str = "", update: bool = False) -> Outcome:
    """Restore one user's keys.

    The chosen backup is read and loaded into a server of its own, beside the real one, which nobody else reaches. The
    keys that are called as the inventory says (`user_data`: `user:{id}:*`), or that a database tells, are compared with
    the real server's; those that are missing come back, with the end of their time as it was. What is there stays,
    unless asked. Keys of others are neither read nor written. Who is in the ledger of erasure requests is refused.

    Needs: a backup; disk and memory for it once more, on the server's host; a master that answers; the databases that
    tell of keys.

    Leaves: the user's keys that were missing, with `update` also what the others held then; all in one transaction.

    Killed half way: the server of its own dies with its program. Nothing was written, or all of it; run again it
    removes what was left, and compares anew.
    """
    server = find_server(ctx)
    if not user_id.strip():
        raise ActionFailed("Say which user.", "--user-id ID")
    require_not_erased(ctx, user_id)
    place = place_of_backups(ctx, server.name).here
    source = _choose(server, place, asked_instant(date, NAME, "date") if date else None)
    require_scratch_room(server, source, _folder(server))
    of = f"{source}, of {utc(source.at)}"
    if not ctx.effect(f"read every file of {of}, load it beside {server.name}, and read the keys of user {user_id}"):
        words = f"would read the keys of user {user_id} from {of}, and bring back what is missing"
        return Outcome(ok=True, summary=words)
    try:
        then = _read(server, place, source, user_id.strip())
        if not then:
            hint = "Was the user there then? Choose another instant or user."
            raise ActionFailed(f"{source} has no key of this user.", hint)
        return _brought(server, _compared(server, then), of, user_id, update=update)
    finally:
        for path in _paths(server)[1:]:
            keeper(server).remove(path)


def _choose(server: Server, place: Place, until: datetime | None) -> Source:
    """Return the newest backup that nothing is seen to be wrong with, and that shows no later instant than asked for.

    Raises:
        ActionFailed: there is none, it lies on another host, or it is damaged.
    """
    if place.host != server.host:
        raise ActionFailed(f"The backups are on {place.host}, and {server.name} is on {server.host}.")
    stored = [one.entry for one in place.listing().stored if not one.wrong]
    sources = [source_of_backup(entry, f"{place.folder}/{entry.id}") for entry in stored]
    fit = [one for one in sources if until is None or (one.at and one.at <= until)]
    if not fit:
        first = min((one.at for one in sources if one.at), default=None)
        when = f" of {utc(until)} or before" if until else ""
        raise ActionFailed(
            f"There is no usable backup{when} in {place.folder}.",
            f"The oldest is of {utc(first)}." if first else "Take one (backups.take).",
        )
    return fit[-1]


def _paths(server: Server) -> tuple[str, str, str]:
    """Return the scratch server's folder, the order's file, and the one with the keys that were read."""
    folder = _folder(server)
    return folder, f"{folder}.order", f"{folder}.keys"


def _read(server: Server, place: Place, source: Source, user: str) -> list[UserKey]:
    """Return the user's keys that a backup has, which lie in a private file meanwhile."""
    folder, order, result = _paths(server)
    if damaged := check_backup(place, source.label, timeout_s=_HOURS_S):
        raise ActionFailed(
            f"Backup {source.label} is damaged: {damaged[0].name}: {damaged[0].why}.",
            cures=[Cure(words="Name an instant before it (date); then an older one is taken.", action=NAME)],
        )
    chosen = choose_keys(server.ctx, server.settings.user_data, [user])
    wanted = UserOrder(scratch=scratch_order(server, place, source, folder), chosen=chosen, result=result)
    server.write(order, msgspec.json.encode(wanted).decode(), user="")
    argv = ["nice", *place.program(_MODULE), order]
    for key in ("user-keys", "user-keys-again"):  # an earlier runner that was ended may have removed what it read
        done = server.run(key, argv, timeout_s=_HOURS_S, user="")
        if done.code != 0:
            raise ActionFailed(
                f"{source} could not be loaded: {last_words(done)}",
                cures=[Cure(words="Find out what is wrong with it; then take an older one (date).", action=NAME)],
            )
        read = server.ctx.query(server.host, ["cat", result], timeout_s=_READ_S)
        if read.code == 0:
            return [from_json(line, UserKey) for line in read.out.splitlines()]
    raise ActionFailed(f"{result} cannot be read: {last_words(read)}", left_behind="Nothing was changed.")


def _compared(server: Server, then: Sequence[UserKey]) -> _Found:
    """Sort the keys by what they are in the real server."""
    now_ms = int((datetime.now(UTC) + _SOON).timestamp() * 1000)
    alive = [one for one in then if not one.expires_ms or one.expires_ms > now_ms]
    missing, changed, same = [], [], 0
    with connect_verified(server, deadline_s=_READ_S) as session:
        client: Any = session
        for one in alive:
            client.execute_command("SELECT", one.database)
            held = client.execute_command("DUMP", one.key, NEVER_DECODE=True)
            if held is None:
                missing.append(one)
            elif held == one.dump:
                same += 1
            else:
                changed.append(one)
    return _Found(missing, changed, same, len(then) - len(alive))


def _brought(server: Server, found: _Found, of: str, user: str, *, update: bool) -> Outcome:
    meant = [*found.missing, *(found.changed if update else [])]
    findings = _findings(found, user, update=update)
    for finding in findings:
        server.ctx.log(str(finding), "err")
    facts = {"keys": found.counts(), "same": found.same, "expired": found.expired}
    if not meant:
        return Outcome(ok=True, summary=f"Nothing of this user is missing, by {of}.", facts=facts, findings=findings)
    words = f"restore {count(len(found.missing), 'missing key')} of this user"
    words += f", and give {count(len(found.changed), 'key')} what was in them" if update and found.changed else ""
    if not server.ctx.effect(words):
        return Outcome(ok=True, summary=f"would {words}", facts=facts, findings=findings)
    with connect_verified(server, deadline_s=_READ_S) as client:
        done = _restored(client, meant, update=update)
    kept = len(meant) - sum(done.values())
    if kept:
        text = f"{count(kept, 'key')} came into being meanwhile, and stay as they are"
        findings.append(Finding(severity="note", about="this user", text=text))
    each = "; ".join(f"{place} {number:,}" for place, number in done.items()) or "none"
    return Outcome(
        ok=True,
        summary=f"Keys of this user that came back, by {of}: {each}.",
        facts={**facts, "restored": dict(done)},
        findings=findings,
    )


def _findings(found: _Found, user: str, *, update: bool) -> list[Finding]:
    texts = []
    if found.changed and not update:
        texts.append(f"{count(len(found.changed), 'key')} with other content than then stay as they are")
    if found.expired:
        texts.append(f"the time of {count(found.expired, 'key')} is up since")
    return [Finding(severity="note", about=f"user {user}", text=text) for text in texts]


def _restored(client: Redis, keys: Sequence[UserKey], *, update: bool) -> Mapping[str, int]:
    """Write keys in one transaction, and return how many by what they are called. What is there stays, unless asked.

    Raises:
        CannotConnect: the server refuses it as a whole; nothing was written.
    """
    pipeline: Any = client.pipeline(transaction=True)
    for one in keys:
        pipeline.execute_command("SELECT", one.database)
        options = [*(["REPLACE"] if update else []), *(["ABSTTL"] if one.expires_ms else [])]
        pipeline.execute_command("RESTORE", one.key, one.expires_ms, one.dump, *options)
    replies = pipeline.execute(raise_on_error=False)[1::2]
    done = Counter[str]()
    for one, reply in zip(keys, replies, strict=True):
        if not isinstance(reply, Exception):
            done[one.place] += 1
        elif "BUSYKEY" not in str(reply):
            raise reply
    return done
