"""Files without which a server does not start again: it runs on without them, and nobody notices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from actions.machine.machine import Machine, last_words
from actions.machine.service import Service
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding

_LOOK = r"""
for one do
    up=$(readlink -m -- "$one")
    while [ ! -e "$up" ]; do up=$(dirname -- "$up"); done
    if [ -r "$one" ]; then echo read; elif [ -e "$one" ]; then echo shut
    elif [ ! -d "$up" ] || [ -x "$up" ]; then echo gone; else echo hidden; fi
done
"""
"""Also ``hidden``: the nearest folder that is there may not be entered, so that what is below it is not known."""
_WORDS = {
    "gone": "is not there: the server does not start again without it",
    "shut": "cannot be read by {account}: the server does not start again without it",
    "hidden": "lies where {account} may not enter: whether it is there cannot be told",
}


def look_at_files(machine: Machine, named: Mapping[str, str], system: str) -> Iterator[ReadyFinding]:
    """Yield which of the files that a server reads as it starts are gone or shut to its account, or may be.

    Args:
        machine: its host, with its account.
        named: what each file is, in words, by its path; an empty path is none.
        system: its name in the inventory.
    """
    wanted = {path: what for path, what in named.items() if path}
    if not wanted:
        return
    about = f"files that {system} starts from"
    try:
        done = machine.query(["sh", "-c", _LOOK, "sh", *wanted])
        answers, words, cure = done.out.split(), last_words(done), ""
    except CleoError as error:
        answers, words, cure = [], error.message, error.hint
    if len(answers) != len(wanted):
        yield ReadyFinding(about=about, state="not measured", words=words, cure=cure, systems=[system])
        return
    missing = [(path, said) for path, said in zip(wanted, answers, strict=True) if said != "read"]
    for path, said in missing:
        back = f"Put it back on {machine.host}, readable for {machine.account}, before anything stops the server."
        look = f"Look as root on {machine.host}: ls -l {path}. Let {machine.account} enter the folders above it."
        yield ReadyFinding(
            about=f"{wanted[path]} of {system}",
            state="not measured" if said == "hidden" else "wrong",
            words=f"{path} {_WORDS[said].format(account=machine.account)}",
            cure=look if said == "hidden" else back,
            systems=[system],
        )
    if not missing:
        yield ReadyFinding(about=about, state="ok", words=f"{', '.join(wanted.values())}: there", systems=[system])


def starting(service: Service) -> list[str]:
    """Return the program that launches a server, for `Need.programs`."""
    return ["systemctl"] if service.manager == "systemd" else service.start[:1]
