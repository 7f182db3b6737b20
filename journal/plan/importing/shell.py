"""Commands in a block of shell: each with the comment above it as its title."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from journal.plan.importing.outline import Code

SHELLS = {"bash", "sh", "shell", "zsh", "ksh", "console", "shell-session", "shellsession", "terminal", "bash-session"}
_PROMPT = re.compile(r"^\s*(?:\[?[\w.-]+@[\w.-]+[^\]$#%]{0,40}\]?)?[$%]\s+(?=\S)")
_KNOWN = re.compile(
    r"^\s*(?:sudo|kubectl|helm|docker|docker-compose|podman|systemctl|service|aws|gcloud|az|gsutil|terraform|ansible|ansible-playbook|"
    r"psql|pg_\w+|pgbackrest|mysql\w*|mongo\w*|redis-cli|etcdctl|ssh|scp|rsync|curl|wget|git|make|cd|ls|cat|tail|grep|dig|"
    r"nslookup|ping|ip|nft|iptables|df|du|free|ps|top|journalctl|patronictl|consul|vault|nomad|bash|sh|python3?|pytest|"
    r"restic|velero|etcd\w*|openssl|npm|node|tar|unzip|cp|mv|rm|mkdir|chmod|chown|mount|export|source|echo|knife|cleo|"
    r"gitlab-\w+|pd|nix|nixos-rebuild|flux|argocd|oc|crictl|zfs|lvcreate|mdadm|\./\S+|/(?:[\w.-]+/)+[\w.-]+|\S+\.(?:sh|py))(?:\s|$)"
)
_KEEPS = re.compile(
    r"^\s*(?:cd|export|source|\.|set|alias|unset|declare|local|readonly|pushd|popd|trap|eval)\s|^\s*\w+=\S*\s*$|^\s*\w+=\$?[\"'(]|"
    r"^\s*(?:\w+\s*\(\)|function\s|for|while|until|if|case|select|do|done|then|else|fi|esac|\{|\})\b|<<-?\s*['\"]?\w"
)
_STILL_OPEN = re.compile(r"(?:\\|\||&&|\|\|)\s*$")


class Command(NamedTuple):
    """One command of a block. ``script``: it is several lines that one shell must run."""

    text: str
    title: str
    line: int
    script: bool = False


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


def read_shell(block: Code) -> Reading:
    """Return a block's commands, in order."""
    rows = list(enumerate(block.rows, block.first))
    printed: list[str] = []
    if any(_PROMPT.match(row) for _, row in rows):
        rows, printed = _without_prompts(rows)
    commands: list[Command] = []
    title: list[str] = []
    group: list[tuple[int, str]] = []
    for number, row in [*rows, (0, "# ")]:
        comment = row.lstrip().startswith("#") and not row.lstrip().startswith("#!") and not _inside(group)
        if comment:
            if group:
                commands += _of(group, " ".join(title))
                group, title = [], []
            title += [said] if (said := row.lstrip().lstrip("#").strip(" -=")) else []
        elif row.strip() and not row.lstrip().startswith("#!"):
            group.append((number, row.rstrip()))
        elif group and _inside(group):
            group.append((number, ""))
    return Reading(commands, [*printed, *title])


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
    ends = re.findall(r"<<-?\s*['\"]?(\w+)", text)
    return any(not re.search(rf"^\s*{end}\s*$", text, re.MULTILINE) for end in ends)


def _of(group: Sequence[tuple[int, str]], title: str) -> list[Command]:
    """Return the commands of consecutive lines: one for each, or one for all where they depend on one shell."""
    if any(_KEEPS.search(row) for _, row in group):
        text = "\n".join(row for _, row in group)
        return [Command(text, title, group[0][0], script="\n" in text)]
    joined: list[tuple[int, str]] = []
    for number, row in group:
        if joined and _STILL_OPEN.search(joined[-1][1]):
            joined[-1] = (joined[-1][0], _together(joined[-1][1], row))
        else:
            joined.append((number, row.strip()))
    return [Command(text, title, number) for number, text in joined]


def _together(before: str, row: str) -> str:
    return (
        f"{before.rstrip()[:-1].rstrip()} {row.strip()}"
        if before.rstrip().endswith("\\")
        else f"{before} {row.strip()}"
    )
