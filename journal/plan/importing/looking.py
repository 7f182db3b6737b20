"""Which commands are known to change nothing. What nobody knows of is asked about before it runs."""

from __future__ import annotations

import re

_PROGRAMS = [
    r"kubectl (?:-\S+ (?:[^-\s]\S* )?)*(?:get|describe|logs|top|version|cluster-info|wait|rollout (?:status|history))",
    r"kubectl config (?:view|get-contexts|current-context)",
    r"oc (?:-\S+ (?:[^-\s]\S* )?)*(?:get|describe|logs|whoami|status)",
    r"systemctl (?:-\S+ )*(?:status|is-active|is-enabled|is-failed|show|cat|list-\S+)",
    r"service \S+ status",
    r"helm (?:-\S+ )*(?:list|ls|status|history|get)",
    r"docker(?:[ -]compose)? (?:-\S+ (?:[^-\s]\S* )?)*(?:ps|logs|inspect|images|stats|info|version)",
    r"aws \S+ (?:describe|list|get|ls|head|wait)\S*",
    r"(?:gcloud|az) (?:\S+ ){1,4}(?:list|describe|show)",
    r"terraform (?:plan|show|output|validate|version)",
    r"git (?:log|status|diff|show)",
    r"(?:gitlab-)?patronictl (?:\S+ )*(?:list|history|topology|show-config)",
    r"(?:etcdctl|etcd) (?:\S+ )*(?:endpoint (?:health|status)|member list|get)",
    r"velero (?:backup|restore|schedule) (?:get|describe|logs)",
    r"redis-cli (?:\S+ )*(?:ping|info|lastsave|dbsize)",
    r"(?:restic|pgbackrest) (?:\S+ )*(?:snapshots|info|check|stats)",
    r"openssl (?:s_client|x509 (?!.*-out))",
    r"curl(?!.* (?:-\w*X\s*['\"]?(?:POST|PUT|DELETE|PATCH)|--request|-d|-F|-T|(?-i:-[fgGiIkLNsSv]+[dFT])"
    r"|--data|--json|--form|--upload|-o|-O|--output))",
    r"sort(?!.* (?:-\w*o|--output))",
    r"journalctl(?!.* --(?:vacuum|rotate|flush|sync|relinquish))",
    r"dmesg(?!.* (?:(?-i:-\w*[cCDEn])|--(?:clear|read-clear|console)))",
    r"ss(?!.* (?:(?-i:-\w*K)|--kill))",
    r"(?:mount|lsblk|date|hostname|uptime|id|w|free)$",
    r"(?:cat|ls|tail|head|grep|egrep|zgrep|ps|df|du|free|dig|nslookup|host|ping|netstat|lsblk|echo|wc|stat|file|uniq|cut|jq|tr"
    r"|column|pg_isready|pg_controldata|sha256sum|md5sum|cksum|traceroute|mtr|true|sleep|which|pgrep)",
    r"\S+ (?:--version|version|-V)$",
    r"pytest",
]
_LOOKS = re.compile(rf"(?:{'|'.join(_PROGRAMS)})(?=\s|$)".replace(" ", r"\s+"), re.IGNORECASE)
_SCRIPT = re.compile(r"(?:(?:ba|z|k)?sh\s+|python3?\s+)?(\S+)\.(?:sh|py|rb|pl)(?=\s|$)")
_LOOKING = {
    "check",
    "checks",
    "verify",
    "status",
    "health",
    "healthcheck",
    "list",
    "show",
    "report",
    "validate",
    "diagnose",
}
_ACTING = re.compile(
    r"(?:re|un)?(?:start|set|store|move|create|delete|apply|build|boot|fix)|stop|fail|promote|switch|drop|purge|rotate|repair"
)
_PREPARES = re.compile(r"(?:cd|export|set|unset)\s|\w+=\S*$")
_AS_WHOM = re.compile(r"^sudo(?:\s+-[EnH]|\s+-u\s*\S+)*\s+")
_TELLS = re.compile(
    r"(?:count|max|min|sum|avg|now|version|coalesce|round|length|pg_size_pretty|pg_is_\w+|pg_last_\w+|pg_current_\w+"
    r"|pg_database_size|pg_wal_lsn_diff|extract|age|to_char)$",
    re.IGNORECASE,
)
_WRITES = re.compile(
    r"(?:^|[^0-9&=-])[0-9]?>{1,2}\s*(?!&[\d-]|/dev/null)\S|&>{1,2}\s*(?!/dev/null)\S|(?:^|\s)<\("
    r"|\s-(?:delete|exec)\b|\$\((?!date\b)|`|--(?:fix|force|apply|repair)\b"
)


def only_looks(command: str) -> bool:
    """Return whether a command is known to change nothing, with all that it is piped into."""
    masked = re.sub(r"\"[^\"]*\"|'[^']*'", lambda quoted: re.sub(r"[;|&\n>]", "\x00", quoted.group(0)), command)
    pieces = [piece.strip() for piece in re.split(r"\n|&&|\|\||;|\||(?<![<>|])&(?!>)", masked) if piece.strip()]
    named = [_AS_WHOM.sub("", piece) for piece in pieces if not piece.startswith("#") and piece != "set -e"]
    return bool(named) and not _WRITES.search(masked) and all(map(_looks, named))


def _looks(piece: str) -> bool:
    return any(known(piece) for known in (_LOOKS.match, _PREPARES.match, _asks, _is_a_look))


def _asks(piece: str) -> bool:
    """Return whether a client of a database is only asked, by a query without functions that nobody knows."""
    query = re.match(r"(?:psql|mysql)\s.*-[ce]\s*[\"']\s*select\b([^\x00;]*)\W*$", piece, re.IGNORECASE)
    return query is not None and all(map(_TELLS.match, re.findall(r"(\w+)\s*\(", query.group(1))))


def _is_a_look(piece: str) -> bool:
    """Return whether a script is called a look ("dr_verify_backups.sh"), and nothing else as well."""
    script = _SCRIPT.match(piece)
    words = re.split(r"[^a-z]+", script.group(1).rpartition("/")[2].lower()) if script else []
    return bool(_LOOKING & set(words)) and not any(map(_ACTING.match, words))
