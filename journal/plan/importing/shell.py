"""Commands in a block of shell: each with the comment above it as its title."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from journal.plan.importing.outline import Code

SHELLS = {"bash", "sh", "shell", "zsh", "ksh", "console", "shell-session", "shellsession", "terminal", "bash-session"}
_PROMPT = re.compile(
    r"^\s*(?:\[?(?P<login>[\w.-]+@[\w.-]+)[^\]$#%]{0,40}\]?[$%#]|(?P<host>[a-z]\w*[-\d][\w.-]*|workstation|laptop)\s*\$|[$%])\s+(?=\S)"
)
_HERE_ALREADY = re.compile(r"(?:.*@)?(?:localhost|workstation|laptop|bastion)\b.*|")
"""Machines whose prompt says nothing of where a command is typed."""
_KNOWN = re.compile(
    r"^\s*(?:sudo|kubectl|helm|docker|docker-compose|podman|systemctl|service|aws|gcloud|az|gsutil|terraform|ansible|ansible-playbook|"
    r"psql|pg_\w+|pgbackrest|mysql\w*|mongo\w*|redis-cli|etcdctl|ssh|scp|rsync|curl|wget|git|make|cd|ls|cat|tail|grep|dig|"
    r"nslookup|ping|ip|nft|iptables|df|du|free|ps|top|journalctl|patronictl|consul|vault|nomad|bash|sh|python3?|pytest|"
    r"restic|velero|etcd\w*|openssl|npm|node|tar|unzip|cp|mv|rm|mkdir|chmod|chown|mount|export|source|echo|knife|cleo|"
    r"gitlab-\w+|pd|nix|nixos-rebuild|flux|argocd|oc|crictl|zfs|lvcreate|mdadm|\./\S+|/(?:[\w.-]+/)+[\w.-]+|\S+\.(?:sh|py))(?:\s|$)"
)
_SETS = re.compile(
    r"^\s*(?:cd|export|source|\.|set|alias|unset|pushd)\s|^\s*\w+=(?:\S*|\"[^\"]*\"|'[^']*'|\$\(.*\))\s*$"
)
"""Lines that only prepare the shell for those that follow."""
_CONTROLS = re.compile(
    r"^\s*(?:\w+\s*\(\)|(?:function|for|while|until|if|case|select|do|done|then|else|fi|esac|popd|trap|eval|local|declare|read)\b|[{}])"
)
_HERE = re.compile(r"<<-?\s*['\"]?(\w+)")
_MACHINE = (
    r"^\s*(?:sudo\s+)?(?:ssh\s+(?:-[A-Za-z]+\s+(?:[^-\s]\S*\s+)?)*[^\s-]\S*\s*$|(?:gcloud\s+compute|tsh)\s+ssh\b(?!.*--command)|"
    r"aws\s+ssm\s+start-session|(?:kubectl|oc)\s+(?:.*\s)?(?:rsh|debug)\b(?!.*--\s)|"
    r"(?:kubectl|oc|docker|docker-compose|podman)\s+.*\bexec\b.*\s(?:-it|-ti|-i\s+-t|-t\s+-i)\b.*\b(?:ba|z|a)?sh\s*$|"
    r"su(?:\s+-\S*)?(?:\s+\w+)?\s*$|-[is]\s*$)"
)
_PROGRAM = (
    r"^\s*(?:sudo\s+(?:-u\s*\S+\s+)?)?(?:(?:psql|mysql|mongosh?|sqlite3|gitlab-psql)(?!.*\s-(?:c|e|f|-eval|-command|-file)\b)"
    r"(?:\s+-\S+(?:\s+[^-\s]\S*)?|\s+[\w.:/@-]+){0,6}\s*$|redis-cli(?:\s+-\S+(?:\s+[^-\s]\S*)?)*\s*$"
    r"|\S+\s+console\s*$|(?:vim?|nano|emacs|less|top|htop|visudo)\b|crontab\s+-e)"
)
_OPENS = re.compile(f"{_MACHINE}|{_PROGRAM}")
"""What a person types into: another machine's shell, a database's prompt, an editor."""
_LEAVES = re.compile(r"^\s*(?:exit|logout|quit|\\q)\s*;?\s*$")
_BEHIND = re.compile(r"((?:[^'\"#\\]|\\.|'[^']*'|\"[^\"]*\"|(?<=\S)#)+)(?<=\s)#+(.*)$")
"""A command, and a comment behind it."""
_STILL_OPEN = re.compile(r"(?:\\|\||&&|\|\|)\s*$")


class Command(NamedTuple):
    """One command of a block.

    Attributes:
        text: the command; several lines where one shell must run them.
        title: the comment above it.
        line: its first line.
        inside: what was opened before, into which a person types it (``ssh db1``); itself where it opens that.
    """

    text: str
    title: str
    line: int
    inside: str = ""


class Reading(NamedTuple):
    """What a block holds: its commands, and lines that a program printed."""

    commands: list[Command]
    printed: list[str]


def is_shell(block: Code) -> bool:
    """Return whether a block is one of shell: it says so, or its lines begin with a prompt or a program's name."""
    if block.language:
        return block.language in SHELLS
    rows = [row for row in block.rows if row.strip() and not row.lstrip().startswith("#")]
    return bool(rows) and (any(map(_PROMPT.match, rows)) or _KNOWN.match(rows[0]) is not None)


def looks_like_a_command(text: str) -> bool:
    """Return whether words in backticks are a command: a known program, or a path, with arguments."""
    return _KNOWN.match(text) is not None and (" " in text.strip() or text.strip().endswith((".sh", ".py")))


def read_shell(block: Code, inside: str = "") -> Reading:
    """Return a block's commands, in order.

    Args:
        block: the block.
        inside: what was opened before it, into which a person types its commands.
    """
    rows = list(enumerate(block.rows, block.first))
    printed: list[str] = []
    machines = {number: machine for number, row in rows if (machine := _machine(row))}
    if any(_PROMPT.match(row) for _, row in rows):
        rows, printed = _without_prompts(rows)
    commands: list[Command] = []
    sets: list[str] = []
    said: list[str] = []
    for title, group in _groups(rows):
        if all(_SETS.match(row) for _, row in group):
            sets += [row for _, row in group]
            said += [title] if title else []
            continue
        for command in _of(group, title, sets):
            inside = "" if _LEAVES.match(command.text) else _opened(command.text) or inside
            if not _LEAVES.match(command.text):
                commands.append(command._replace(inside=machines.get(command.line, inside)))
        sets += [row for _, row in group if _SETS.match(row)] if not _CONTROLS.search(group[0][1]) else []
    if sets and not commands and rows:
        commands = [Command("\n".join(sets), " ".join(said), rows[0][0], inside)]
        said = []
    return Reading(commands, [*printed, *said])


def _machine(row: str) -> str:
    """Return how one gets to the machine that a prompt names; empty where it names none, or this one."""
    prompt = _PROMPT.match(row)
    named = (prompt["login"] or prompt["host"] or "") if prompt else ""
    return "" if _HERE_ALREADY.fullmatch(named) else f"ssh {named}"


def goes_on(inside: str) -> str:
    """Return what was opened where it stays open in the next block: a machine's shell, no program's prompt."""
    return inside if re.match(_MACHINE, inside) else ""


def read_command(text: str, inside: str = "") -> Command:
    """Return a command that stands in a sentence; ``inside`` as in `read_shell`."""
    return Command(text, "", 0, _opened(text) or inside)


def _opened(text: str) -> str:
    """Return the line of a command that opens what a person types into; empty where none does."""
    return next((row.strip() for row in text.splitlines()[::-1] if _OPENS.match(row)), "")


def _groups(rows: Sequence[tuple[int, str]]) -> Iterator[tuple[str, list[tuple[int, str]]]]:
    """Yield consecutive lines with the comment above them."""
    title: list[str] = []
    group: list[tuple[int, str]] = []
    for number, row in rows:
        comment = row.lstrip().startswith("#") and not _inside(group)
        if comment and group:
            yield " ".join(title), group
            title, group = [], []
        if comment:
            title += [said] if not row.startswith("#!") and (said := row.lstrip().lstrip("#").strip(" -=")) else []
        elif row.strip() or (group and _inside(group)):
            group.append((number, row.rstrip()))
    if group:
        yield " ".join(title), group
    elif title:
        yield " ".join(title), [(rows[-1][0], "")]


def _without_prompts(rows: Sequence[tuple[int, str]]) -> tuple[list[tuple[int, str]], list[str]]:
    """Return what follows a prompt (and comments), and what was printed in between."""
    typed: list[tuple[int, str]] = []
    printed: list[str] = []
    for number, row in rows:
        if _PROMPT.match(row):
            typed.append((number, _PROMPT.sub("", row)))
        elif (typed and _STILL_OPEN.search(typed[-1][1])) or row.lstrip().startswith("#"):
            typed.append((number, row))
        elif row.strip():
            printed.append(row.strip())
    return typed, printed


def _inside(group: Sequence[tuple[int, str]]) -> bool:
    """Return whether the last line goes on, or a here-document is still open."""
    if not group:
        return False
    if _STILL_OPEN.search(group[-1][1]):
        return True
    text = "\n".join(row for _, row in group)
    return any(not re.search(rf"^\s*{end}\s*$", text, re.MULTILINE) for end in _HERE.findall(text))


def _of(group: Sequence[tuple[int, str]], title: str, sets: Sequence[str]) -> list[Command]:
    """Return the commands of consecutive lines: one for each, or one for all where they depend on one shell."""
    if not group[0][1]:  # a comment without a command
        return []
    whole = "\n".join([*sets, *(row for _, row in group)])
    if _HERE.search(whole):
        return [Command(whole, title, group[0][0])]
    joined: list[tuple[int, str]] = []
    for number, row in group:
        if joined and _STILL_OPEN.search(joined[-1][1]):
            joined[-1] = (joined[-1][0], _together(joined[-1][1], row))
        else:
            joined.append((number, row.rstrip()))
    if sets or any(_SETS.match(row) or _CONTROLS.search(row) for _, row in joined):
        return [Command("\n".join([*sets, *(row for _, row in joined)]), title, group[0][0])]
    return [_commented(row.strip(), title, number) for number, row in joined]


def _commented(row: str, title: str, number: int) -> Command:
    """Return a line's command; the comment behind it is its title where none stands above."""
    found = _BEHIND.match(row)
    return Command(found[1], title or found[2].strip(), number) if found else Command(row, title, number)


def _together(before: str, row: str) -> str:
    return (
        f"{before.rstrip()[:-1].rstrip()} {row.strip()}"
        if before.rstrip().endswith("\\")
        else f"{before} {row.strip()}"
    )
