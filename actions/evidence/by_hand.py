"""The shell commands that preserve evidence, from the inventory alone."""

from __future__ import annotations

from collections.abc import Sequence

from actions.by_hand import ByHand, CommandLine

_SEAL = (
    'cd "$1" && find . -type f ! -name MANIFEST.sha256 -exec sha256sum {} + >MANIFEST.sha256 '
    "&& sha256sum MANIFEST.sha256"
)
_LOOK = (
    'umask 077; mkdir -p "$1"; cd "$1"; ps -eo pid,ppid,user,lstart,args >processes; ss -tanp >connections; '
    "last -Fwn 200 >logins"
)


def by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return what copies a system's data, and digests the copy."""
    settings = known.inventory.systems[known.system]
    place = known.inventory.evidence
    folder = f"{place.folder.rstrip('/') if place else '/FOLDER'}/{known.incident}/{known.system}"
    account = place.run_as if place else ""
    host = settings.host
    lines = [
        CommandLine(argv=["sh", "-c", _LOOK, "sh", folder], what="First what is gone soonest.", host=host, user=account)
    ]
    if data := settings.place():
        what = "Then data, configuration and logs (add their paths): it prints no content."
        lines.append(CommandLine(argv=["cp", "-a", "--parents", data, folder], what=what, host=host, user=account))
    what = "Note the digest that it prints, here in the incident; then change nothing of it."
    return [*lines, CommandLine(argv=["sh", "-c", _SEAL, "sh", folder], what=what, host=host, user=account)]
