"""Chooses and verifies what is restored: the newest sound full backup whose oplog leads to the recovery point."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from actions.backups.repository.checking import check_backup
from actions.backups.repository.entry import Entry
from actions.backups.repository.place import Place, Stored
from actions.backups.repository.stock import Stock
from actions.gate import decide
from actions.outcome import ActionFailed, Cure, GateClosed
from actions.systems.mongodb.backup_chain import Chain, chains, cut, falls_short, leads_to
from actions.systems.mongodb.data_files import NO_DATABASE, describe_data
from actions.systems.mongodb.server import Server
from journal.incident.recovery_point import Position, RecoveryPoint
from journal.plan.model import RECOVERY_POINT

GAP = "oplog-gap"
"""The gate that a gap in the oplog closes."""
_CHECK_S = 12 * 3600.0


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """What is restored.

    Attributes:
        chain: the backups.
        passed_over: newer ones, or later slices, that are not taken, and why.
        gap: what was decided to do without; empty: nothing.
    """

    chain: Chain
    passed_over: Sequence[str] = ()
    gap: str = ""


def place_of(server: Server, system: str = "") -> Place:
    """Return where the server's backups lie, as its own host reaches them.

    Args:
        server: the server.
        system: another one, whose backups lie in the same repository.

    Raises:
        ActionFailed: the inventory does not say, or they are a folder of another host: nothing brings them here.
    """
    settings = server.settings.backups
    if not settings.repository:
        raise ActionFailed(
            f"The inventory names no repository for {server.name}: there is nothing to restore from.",
            "Name the folder or the bucket with its backups (backups: repository:).",
        )
    place = Place(server.ctx, system or server.name, settings, server.host).here
    if place.host != server.host:
        raise ActionFailed(
            f"The backups of {server.name} lie on {place.host}, and {server.host} cannot read them there.",
            f"Mount or copy {place.folder} on {server.host}, and name that folder in the inventory (repository:).",
        )
    return place


def stock_of(server: Server, chain: Chain) -> Stock | None:
    """Return how the files of some backups are read out of a bucket; None: they lie in a folder."""
    place = place_of(server)
    if not place.in_bucket:
        return None
    files = {f"{entry.id}/{file.name}": file for entry in chain.backups for file in entry.files}
    return Stock(where=place.shelf, files=files)


def choose_backups(server: Server, point: RecoveryPoint, named: str = "") -> Chosen:
    """Return what leads to a recovery point, as `best_backups` does; what is short of it only where that is decided.

    Raises:
        ActionFailed: nothing sound leads there.
        GateClosed: oplog is missing before the point, or the point lies behind what was saved.
    """
    return _judged(server, point, best_backups(server, point, named))


def best_backups(server: Server, point: RecoveryPoint, named: str = "") -> Chosen:
    """Return what leads to a point or nearest to it, every file of it read and compared with its digest.

    In a dry run nothing is read: what is seen by names and sizes counts.

    Args:
        server: the server.
        point: the point.
        named: the id of the full backup to start from; empty: the newest that leads there.

    Raises:
        ActionFailed: nothing sound begins before the point.
    """
    place = place_of(server)
    stored = place.listing().stored
    damaged: dict[str, str] = {one.entry.id: one.wrong for one in stored if one.wrong}
    sound: set[str] = set()
    while True:
        chain = _best(server, stored, damaged, point, named)
        found = _first_damaged(server, place, chain.backups, sound)
        if not found:
            break
        damaged |= found
    return Chosen(chain=chain, passed_over=_passed_over(stored, damaged, chain))


def _best(server: Server, stored: Sequence[Stored], damaged: dict[str, str], point: RecoveryPoint, named: str) -> Chain:
    """Return the newest chain that reaches the point, else the one that leads farthest."""
    all_ = chains(stored, damaged)
    fitting = [one for one in all_ if leads_to(one, point) and named in ("", one.full.id)]
    if not fitting:
        raise _nothing(server, point, named, all_, damaged)
    whole = [one for one in fitting if not falls_short(one, point)]
    return cut(
        whole[0] if whole else max(fitting, key=lambda one: one.until or datetime.min.replace(tzinfo=UTC)), point
    )


def _first_damaged(server: Server, place: Place, backups: Sequence[Entry], sound: set[str]) -> dict[str, str]:
    """Read those that were not read yet, up to one that is damaged; return that one and why."""
    for number, entry in enumerate(backups, 1):
        if entry.id in sound:
            continue
        if server.ctx.effect(f"read every file of backup {entry.id} and compare its SHA-256"):
            wrong = check_backup(place, entry.id, timeout_s=_CHECK_S, words=f"{number}/{len(backups)}, reading")
            if wrong:
                why = f"is damaged: {wrong[0].name}: {wrong[0].why}"
                server.ctx.log(f"Backup {entry.id} {why}.", "err")
                return {entry.id: why}
        sound.add(entry.id)
    return {}


def _passed_over(stored: Sequence[Stored], damaged: dict[str, str], chain: Chain) -> list[str]:
    """Return what is newer than the full backup that is taken, and cannot be used."""
    since = chain.full.started_at
    ids = [one.entry.id for one in stored if one.entry.started_at > since]
    return [f"{id_} {damaged[id_]}" for id_ in ids if id_ in damaged]


def _judged(server: Server, point: RecoveryPoint, chosen: Chosen) -> Chosen:
    """Stop where a chain is short of the point, unless that is decided.

    Raises:
        GateClosed: it is.
    """
    chain = chosen.chain
    if not falls_short(chain, point):
        return chosen
    if not chain.gap:
        raise GateClosed(
            "recovery-point",
            f"{point} lies behind what was saved of {server.name}: that reaches from {chain.reach}.",
            yields="never",
            opens=RECOVERY_POINT,
            cures=[*_of_its_data(server), _its_end(server, chain)],
        )
    closed = GateClosed(
        GAP,
        f"Oplog is missing before the recovery point: {chain.gap}. What can be restored reaches from {chain.reach}.",
        yields="reason and target",
        cures=[
            Cure(words="Bring the missing backup back into the repository, then restore."),
            _anew("Decide on a point before the gap."),
            Cure(words="Or stop before the gap.", override=GAP, cost=f"everything after {_when(chain)}"),
        ],
    )
    decide(server.ctx, closed, f"Stops before the gap ({chain.gap})")
    return msgspec.structs.replace(chosen, gap=chain.gap)


def _of_its_data(server: Server) -> list[Cure]:
    """Return that its own data may still have the oplog, where they are there."""
    if describe_data(server) in NO_DATABASE:
        return []
    words = "Start it, and stop it again by mongodb.stop: that saves its oplog up to now."
    return [Cure(words=words, action="mongodb.start")]


def _its_end(server: Server, chain: Chain) -> Cure:
    """Return that it can be restored to the end of what was saved of it, and the others to the point as it is."""
    words = f"Decide on what was saved of {server.name} for it (oplog:{chain.ends}), and on the same for the others."
    decided = server.ctx.incident.recovery_point
    anew = _anew(words)
    if decided is None or decided.latest:
        return anew
    positions = {**decided.positions, server.name: Position("oplog", chain.ends)}
    return msgspec.structs.replace(anew, answer=msgspec.structs.replace(decided, positions=positions).text)


def _nothing(
    server: Server, point: RecoveryPoint, named: str, found: Sequence[Chain], damaged: dict[str, str]
) -> ActionFailed:
    reach = f" What there is reaches from {'; or from '.join(one.reach for one in found)}." if found else ""
    bad = f" Not usable: {'; '.join(f'{id_} {why}' for id_, why in damaged.items())}." if damaged else ""
    what = f"backup {named}" if named else "sound full backup"
    return ActionFailed(
        f"No {what} of {server.name} leads to {point}.{reach}{bad}",
        cures=[_anew("Decide on a point that can be reached.")] if found else [],
        hint="" if found else "Look for a copy of the backups elsewhere (another site), and name it in the inventory.",
    )


def _when(chain: Chain) -> str:
    return f"{chain.until.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if chain.until else chain.ends


def _anew(words: str) -> Cure:
    return Cure(words=words, decision=RECOVERY_POINT, cost="what was written after that point")
