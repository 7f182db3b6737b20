"""What in a configuration's files runs something, opens a door or leads elsewhere: line by line, without secrets. Pure.

Seen in the wild: ``trust`` in ``pg_hba.conf``, ``protected-mode no`` and ``loadmodule``, ``authorization: disabled``,
``archive_command``, a load balancer's server or a record of a zone that leads to another host, a manifest's image, a
line of a crontab, a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from actions.intrusion.file_kinds import suspect_by_itself, worth_a_look
from actions.systems.configuration.programs.blotting import blotted, is_secret_manifest

_SHOWN = 120
"""Characters of a line that are named."""
_COMMENT = re.compile(r"^\s*([#;]|//|--)")
_BEGIN = r"(?i)^\s*(?:-\s+)?[\"']?"
_END = r"[\"']?\s*(?:[:=]|\s)"
_KINDS = (
    (
        "runs or loads something",
        re.compile(
            _BEGIN + r"(?:archive_command|archive_library|restore_command|archive_cleanup_command|recovery_end_command"
            r"|ssl_passphrase_command|(?:shared|session|local)_preload_libraries|loadmodule|module-load|Exec\w+|OnCalendar"
            r"|external-check|lua-load|image|command|args|entrypoint|privileged|hostNetwork|hostPID|hostPath"
            r"|serviceAccountName|javascriptEnabled|enable-\w+-command)" + _END
        ),
    ),
    (
        "opens a door, or closes one",
        re.compile(
            _BEGIN + r"(?:listen_addresses|bind|bindIp|bindIpAll|protected-mode|authorization|requirepass|masterauth"
            r"|masteruser|aclfile|user|hba_file|ident_file|PermitRootLogin|PasswordAuthentication|AuthorizedKeysFile"
            r"|keyFile|ssl|tls|ssl_\w+|tls-\w+|password_encryption|row_security|include\w*)" + _END
        ),
    ),
    (
        "leads elsewhere",
        re.compile(
            _BEGIN + r"(?:server|host|url|upstream|proxy_pass|primary_conninfo|replicaof|slaveof|nameserver|endpoint)"
            + _END + r"|(?i:\sIN\s+(?:A|AAAA|CNAME|NS|MX|TXT)\s)"
        ),
    ),
)  # fmt: skip
_RULES = re.compile(
    r"(^|/)pg_(hba|ident)[^/]*\.conf$|(^|/)(authorized_keys2?|crontab|sudoers)$|(^|/)(cron|sudoers)\.d/"
)
"""Files of which every line lets somebody in, or runs."""
_OPEN = re.compile(
    r"(?i)^\s*(?:(?:local|host\w*)\s.*\strust\s*$|protected-mode\s+no\b|[\"']?authorization[\"']?\s*:\s*[\"']?disabled"
    r"|user\s+\S+\s.*\bnopass\b|PermitRootLogin\s+yes\b|privileged\s*:\s*true\b)"
)


class Seen(NamedTuple):
    """One thing that counts: what it is, what it is compared by, and why it is suspicious by itself, if it is."""

    what: str
    digest: str
    suspect: str = ""


def suspects(path: str, mode: int, data: bytes) -> Iterator[tuple[str, Seen]]:
    """Yield what counts in a file, by its name.

    Args:
        path: its path in the repository.
        mode: as of ``lstat``.
        data: its content; of a link where it leads.
    """
    if what := worth_a_look(path, mode):
        yield f"file {path}", Seen(what, f"{what} {_digest(data)}", suspect_by_itself(what))
    if is_secret_manifest(data):
        yield f"secret {path}", Seen("a manifest of a Secret", _digest(data))
    elif b"\0" not in data:
        yield from _lines(path, data.decode("utf-8", "replace"))


def _lines(path: str, text: str) -> Iterator[tuple[str, Seen]]:
    every = bool(_RULES.search(path))
    for line in text.splitlines():
        words = " ".join(line.split())
        what = "lets somebody in, or runs" if every and words else _kind(line)
        if what and not _COMMENT.match(line):
            suspect = "lets somebody in without a password, or as root" if _OPEN.search(line) else ""
            yield f"{path}: {blotted(words)[:_SHOWN]}", Seen(what, _digest(words.encode()), suspect)


def _kind(line: str) -> str:
    return next((what for what, pattern in _KINDS if pattern.search(line)), "")


def _digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:16]
