"""Removes a side instance wholly: its server, its directory; nothing that is not proven to be one."""

from __future__ import annotations

from actions.machine.machine import last_words
from actions.outcome import ActionFailed
from actions.systems.postgres.process import postmaster
from actions.systems.postgres.server import Server
from actions.systems.postgres.side.place import RECORD, Purpose, Side, load_side, side_root

_STOP_S, _REMOVE_S = 60, 3600.0
_REMOVE = r"""
root=$1 record=$2 real=$3
[ -d "$root" ] || exit 0
here=$(readlink -e -- "$root") && [ "$here" != "$real" ] || exit 66
case "$real/" in "$here"/*) exit 66;; esac
if [ ! -f "$root/$record" ]; then
    find "$root" -depth -type d -empty -delete
    [ -e "$root" ] && exit 64
    exit 0
fi
for lock in "$root"/lock/*.lock; do
    [ ! -e "$lock" ] || flock -n "$lock" true || { echo "$lock" >&2; exit 75; }
done
[ ! -d "$root/data/pg_tblspc" ] || chmod 700 "$root/data/pg_tblspc"
find "$root" -mindepth 1 -maxdepth 1 ! -name "$record" -exec rm -rf --one-file-system -- {} + || exit 65
rm -f -- "$root/$record" && rmdir -- "$root"
"""
"""The record goes last: a removal that is killed can be gone on with. A lock that is held is that of a restore."""
_WHY = {
    64: "it has no record of a side instance, so it may be somebody else's",
    66: "it is the real server's own data directory, or around it",
    75: "a restore into it still goes on",
}


def remove_side(server: Server, side: Side | None, purpose: Purpose = "side") -> None:
    """Stop a side instance and remove its directory. Call it only where ``effect`` said True.

    Args:
        server: the real server.
        side: what `load_side` found; None: an empty directory may be left all the same.
        purpose: which directory is meant.

    Raises:
        ActionFailed: it is none, or cannot be removed.
    """
    root, which = side_root(server, purpose), side.record.made if side else "rest"
    if side:
        _stop(side)
    argv = ["sh", "-c", _REMOVE, "sh", root, RECORD, _real(server)]
    done = server.run(f"remove-{which}", argv, timeout_s=_REMOVE_S)
    if done.code != 0:
        why = _WHY.get(done.code) or last_words(done)
        raise ActionFailed(
            f"{root} is not removed: {why}.",
            "Wait for the restore's end, or cancel its run; then run this step again."
            if done.code == 75
            else "Look what lies there; move it away by hand if nobody needs it.",
        )


def _real(server: Server) -> str:
    return server.query(["readlink", "-m", "--", server.data]).out.strip()


def _stop(side: Side) -> None:
    """End its server, at once: nothing in it is worth a checkpoint."""
    if not postmaster(side.server):
        return
    argv = [side.server.program("pg_ctl"), "-D", side.server.data, "-m", "immediate", "-w", "-t", str(_STOP_S), "stop"]
    done = side.server.run(f"stop-{side.record.made}", argv, timeout_s=_STOP_S + 10)
    if pid := postmaster(side.server):
        raise ActionFailed(
            f"{side.server.name} (pid {pid}) does not stop: {last_words(done)}", "End it by hand (kill -QUIT)."
        )


def require_ours(server: Server, purpose: Purpose = "side") -> Side | None:
    """Return the side instance that is there, which is this incident's; None where there is none.

    Raises:
        ActionFailed: it is another incident's.
    """
    side = load_side(server, purpose)
    if side and side.record.incident != server.ctx.incident.id:
        raise ActionFailed(
            f"There is {side.server.name} already, of incident {side.record.incident}: it stands {side.record}.",
            "Ask whether it is still needed; if not, remove it: postgres.pitr_discard. Then run this step again.",
        )
    return side
