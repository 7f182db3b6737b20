"""Files without which a server does not start again: it runs on without them, and nobody notices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from actions.machine.machine import Machine, last_words
from actions.machine.service import Service
from journal.errors import CleoError
from journal.readiness.finding import ReadyFinding

_LOOK = 'for one do if [ ! -e "$one" ]; then echo gone; elif [ -r "$one" ]; then echo read; else echo shut; fi; done'


def look_at_files(machine: Machine, named: Mapping[str, str], system: str) -> Iterator[ReadyFinding]:
    """Yield which of the files that a server reads as it starts are gone, or shut to its account.

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
        words = "is not there" if said == "gone" else f"cannot be read by {machine.account}"
        yield ReadyFinding(
            about=f"{wanted[path]} of {system}",
            state="wrong",
            words=f"{path} {words}: the server does not start again without it",
            cure=f"Put it back on {machine.host}, readable for {machine.account}, before anything stops the server.",
            systems=[system],
        )
    if not missing:
        yield ReadyFinding(about=about, state="ok", words=f"{', '.join(wanted.values())}: there", systems=[system])


def starting(service: Service) -> list[str]:
    """Return the program that launches a server, for `Need.programs`."""
    return ["systemctl"] if service.manager == "systemd" else service.start[:1]
