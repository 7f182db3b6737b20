"""The shell commands of these actions, as a person types them: Patroni's own tool, on the server's host."""

from __future__ import annotations

from collections.abc import Sequence

from actions.by_hand import ByHand, CommandLine
from actions.systems.postgres.command_lines import as_server
from actions.systems.postgres.settings import PostgresSettings

_ONLY = "Only where Patroni manages it."


def look(known: ByHand) -> Sequence[CommandLine]:
    """Tell what lists a cluster's members."""
    return [_patronictl(known, "list", what=_ONLY)]


def pause(known: ByHand) -> Sequence[CommandLine]:
    """Tell what pauses it."""
    return [
        _patronictl(known, "pause", "--wait", what=_ONLY),
        _patronictl(known, "list", what="It must say: Maintenance mode: on"),
    ]


def resume(known: ByHand) -> Sequence[CommandLine]:
    """Tell what resumes it."""
    return [
        _patronictl(known, "list", what=f"{_ONLY} The recovered server must be the Leader:"),
        _patronictl(known, "resume", "--wait"),
        _patronictl(
            known, "list", what="Each replica must be on the Leader's timeline (TL); `running` proves nothing:"
        ),
    ]


def rebuild(known: ByHand) -> Sequence[CommandLine]:
    """Tell what makes a replica anew."""
    member = str(known.params.get("member") or "MEMBER")
    words = f"{_ONLY} Each replica that is not on the Leader's timeline; its data directory goes:"
    return [_patronictl(known, "reinit", "SCOPE", member, "--force", "--wait", what=words)]


def switch_over(known: ByHand) -> Sequence[CommandLine]:
    """Tell what has another member lead."""
    member = str(known.params.get("candidate") or "MEMBER")
    words = f"{_ONLY} With a leader; without one `failover` in the place of `switchover`, without --leader:"
    return [
        _patronictl(known, "switchover", "SCOPE", "--leader", "LEADER", "--candidate", member, "--force", what=words),
        _patronictl(known, "list", what="The new Leader must be on a new timeline (TL), the old one a Replica on it:"),
    ]


def _patronictl(known: ByHand, *words: str, what: str = "") -> CommandLine:
    settings = known.settings(PostgresSettings)
    return as_server(settings, "patronictl", "-c", settings.patroni.config or "CONFIG", *words, what=what)
