"""Which commands are known to change nothing. What nobody knows of is asked about before it runs.

It is a list of what is allowed, in a part of the shell's language that is understood whole: a name ("verify.sh") proves
nothing, and a command that is not understood is no look.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from journal.plan.importing.looking_options import operands_of
from journal.plan.importing.looking_programs import ANY, CLIENTS, TOOLS, VERSIONED
from journal.plan.importing.plain_shell import NotPlain, PlainShell, Word

_PLACE = re.compile(r"(?:/usr(?:/local)?)?/s?bin/(?=[\w-]+\Z)")
_SHELL_OPTIONS = {"pipefail", "errexit", "nounset"}
_SETTABLE = re.compile(
    r"(?:[a-z][a-z0-9_]*|PG(?:HOST|PORT|USER|DATABASE)|ETCDCTL_API|TZ|AWS_(?:PROFILE|REGION)|NS|NAMESPACE|POD|CLUSTER)="
)
"""Variables that tell a program where to look, and those of a script's own."""
_FUNCTIONS = frozenset(
    re.split(
        " ",
        "count max min sum avg now version coalesce round length extract age to_char in and or pg_size_pretty "
        "pg_is_in_recovery pg_is_wal_replay_paused pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_current_wal_lsn "
        "pg_last_xact_replay_timestamp pg_current_wal_insert_lsn pg_database_size pg_total_relation_size "
        "pg_relation_size pg_wal_lsn_diff",
    )
)
_QUERY = re.compile(r"\s*select\b[\w\s.,*=<>'():+%|-]*;?\s*", re.IGNORECASE)
_SHOW = re.compile(r"\s*show\s+[\w\s.]+;?\s*|\\(?:l|d|dt|du|dn|x|conninfo)\+?\s*", re.IGNORECASE)
_ASKED_OF_MONGO = re.compile(
    r"\s*(?:rs\.(?:status|conf|hello)|rs\.print(?:Secondary)?ReplicationInfo|db\.(?:hello|stats|serverStatus|version))\(\)"
    r"(?:\.\w+)*;?\s*"
)
_ASKS = {"psql": {"-c", "--command"}, "mysql": {"-e", "--execute"}, "mongosh": {"--eval"}}


def only_looks(command: str) -> bool:
    """Return whether a command is known to change nothing, with all that it is piped into."""
    try:
        commands = PlainShell(command).commands
    except NotPlain:
        return False
    return (
        any(_program(words) not in ("set", "cd", "export", "") for words in commands)
        and all(map(_looks, commands))
        and not _sends(commands)
    )


def _sends(commands: Sequence[Sequence[Word]]) -> bool:
    """Return whether something is piped into a connection, which tells it to the server."""
    connects = [n for n, words in enumerate(commands) if any(word.text == "s_client" for word in words)]
    return any(n > 0 and list(commands[n - 1]) != [Word("echo")] for n in connects)


def _program(words: Sequence[Word]) -> str:
    """Return the name of what is run; empty where a line only sets variables."""
    named = next((word for word in words if not _SETTABLE.match(word.text)), Word(""))
    return named.text if named.plain else "?"


def _looks(words: Sequence[Word]) -> bool:
    rest = _run_as(list(words))
    while rest and _SETTABLE.match(rest[0].text) and rest[0].plain:
        rest = rest[1:]
    if not rest:
        return True
    if rest[0].text == "export":
        return all(word.plain and _SETTABLE.match(word.text) for word in rest[1:])
    name = _PLACE.sub("", rest[0].text) if rest[0].plain else ""
    if [word.text for word in rest[1:]] == ["--version"]:
        return name in ANY | VERSIONED | TOOLS.keys()
    return name in ANY or _tool_looks(name, rest[1:]) or _asks(name, rest[1:])


def _run_as(words: list[Word]) -> list[Word]:
    """Return a command without what only says as whom it runs, and for how long at most."""
    if words and words[0].text == "sudo":
        words = words[1:]
        while words and words[0].text in ("-n", "-E", "-H", "-u"):
            words = words[2 if words[0].text == "-u" else 1 :]
    if len(words) > 2 and words[0].text == "timeout" and re.fullmatch(r"\d+[smh]?", words[1].text):
        words = words[2:]
    return words


def _tool_looks(name: str, words: Sequence[Word]) -> bool:
    tool = TOOLS.get(name)
    found = operands_of(words, tool.options, tool.before) if tool else None
    if tool is None or found is None:
        return False
    said = [(option, value) for option, value in found if option]
    if tool.needs and not any(option in tool.needs for option, _ in said):
        return False
    return tool.fits([value for option, value in found if not option]) and all(
        _harmless(name, option, value) for option, value in said
    )


def _harmless(name: str, option: str, value: str) -> bool:
    """Return whether an option's value is; few programs write where a value says."""
    if name == "curl":
        allowed = {"-X": "GET|HEAD", "--request": "GET|HEAD", "-o": "/dev/null|-", "--output": "/dev/null|-"}
        if option in ("-H", "--header"):
            return re.fullmatch(r"(?:Accept|Host|Content-Type): ?[\w./*; =-]+", value) is not None
        return re.fullmatch(allowed.get(option, r"(?!.*%output)[^@].*|"), value, re.DOTALL) is not None
    return value in _SHELL_OPTIONS if (name, option) == ("set", "-o") else True


def _asks(name: str, words: Sequence[Word]) -> bool:
    """Return whether a client of a database is only asked, by queries without functions that nobody knows."""
    found = operands_of(words, CLIENTS[name]) if name in CLIENTS else None
    asked = [value for option, value in found or () if option in _ASKS[name]]
    return bool(asked) and all(_is_a_question(name, each) for each in asked)


def _is_a_question(name: str, text: str) -> bool:
    if name == "mongosh":
        return _ASKED_OF_MONGO.fullmatch(text) is not None
    if _SHOW.fullmatch(text):
        return True
    if not _QUERY.fullmatch(text) or re.search(r"--|\b(?:into|for|lock)\b", text, re.IGNORECASE):
        return False
    called = re.findall(r"([\w.]*)\s*\(", re.sub(r"'[^']*'", "''", text))
    return all(each.lower() in _FUNCTIONS or not each for each in called)
