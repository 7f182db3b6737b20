"""Programs that are known to change nothing, each with the options and subcommands of which that is known.

What is not in here is asked about before it runs: an option, a subcommand or a program is added once its manual says
that it only reads, also with every other one that is listed beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from journal.plan.importing.looking_options import Options


class Tool(NamedTuple):
    """A program that only looks with certain options.

    Attributes:
        options: its options.
        fits: whether it only looks with these operands (what is left without options).
        before: options before the first operand; None: the same as after it.
        needs: without one of these options it does something else; empty: none is needed.
    """

    options: Options
    fits: Callable[[Sequence[str]], bool]
    before: Options | None = None
    needs: frozenset[str] = frozenset()


def _words(text: str) -> list[str]:
    return text.split()


def _options(flags: str = "", valued: str = "") -> Options:
    return Options(frozenset(_words(flags)), frozenset(_words(valued)))


def _any(_: Sequence[str]) -> bool:
    return True


def _at_most(most: int) -> Callable[[Sequence[str]], bool]:
    return lambda operands: len(operands) <= most


def _begins(*subcommands: str) -> Callable[[Sequence[str]], bool]:
    """Return whether the operands begin with one of these; ``a|b c`` is ``a c`` or ``b c``."""
    wanted = [[word.split("|") for word in each.split()] for each in subcommands]
    return lambda operands: any(
        len(operands) >= len(words) and all(had in word for had, word in zip(operands, words, strict=False))
        for words in wanted
    )


def _is(*patterns: str) -> Callable[[Sequence[str]], bool]:
    """Return whether there is an operand for each pattern, and no more."""
    return lambda operands: len(operands) == len(patterns) and all(map(re.fullmatch, patterns, operands))


def _no_secret(fits: Callable[[Sequence[str]], bool]) -> Callable[[Sequence[str]], bool]:
    """Return whether they fit and name no secret: what is printed is kept in the journal."""
    return lambda operands: fits(operands) and not any("secret" in each.lower() for each in operands)


def _cloud(operands: Sequence[str]) -> bool:
    """Return whether a verb that lists or describes follows names of groups."""
    groups = next((n for n, each in enumerate(operands) if each not in _GROUPS), len(operands))
    return 0 < groups < len(operands) and operands[groups] in ("list", "describe", "show")


def _selects(operands: Sequence[str]) -> bool:
    return bool(operands) and (re.fullmatch(_SED, operands[0]) is not None)


def _prints(operands: Sequence[str]) -> bool:
    return bool(operands) and re.fullmatch(_AWK, operands[0]) is not None


def _fetches(operands: Sequence[str]) -> bool:
    """Return whether an address is one that tells how something is; any other may start something there."""
    return len(operands) == 1 and re.fullmatch(_TELLS, operands[0]) is not None


def _tells_of_redis(operands: Sequence[str]) -> bool:
    said = [each.lower() for each in operands]
    return _is("cluster|sentinel", "info|nodes|masters")(said) or (
        len(said) < 3 and _begins("ping|info|lastsave|dbsize|role")(said)
    )


_SED = r"(?:\d+|\$|/[^/\\]*/)(?:,(?:\d+|\$|/[^/\\]*/))?p|s([/|,#])(?:(?!\1)[^\\\n])*\1(?:(?!\1)[^\\\n])*\1[gpI0-9]*"
_FIELD = r"(?:\$\d+|\$NF|\"[^\"\\]*\")"
_AWK = rf"(?:/[^/\\]*/\s*|NR\s*[=<>!]=?\s*\d+\s*)?\{{\s*print(?:\s+{_FIELD}(?:\s*,?\s*{_FIELD})*)?\s*;?\s*\}}"
_TELLS = (
    r"(?:https?://)?[\w.:\[\]-]+(?:/(?:[\w.-]+/)*(?:_?health|healthz|readyz?|livez?|status|ping|version|metrics|info|_cat|"
    r"_cluster|nodes|indices|shards|leader|replica|primary|patroni|cluster))?/?(?:\?(?:pretty|verbose|v)(?:=\w*)?)?"
)
_GROUPS = set(
    _words(
        "compute instances disks snapshots sql backups operations container clusters "
        "node-pools dns record-sets managed-zones "
        "projects services run storage buckets networks addresses forwarding-rules "
        "account group vm aks db server"
    )
)
_KUBECTL = Tool(
    _options(
        "-A --all-namespaces --no-headers --show-labels --previous -p --all-containers "
        "--timestamps --client --short --all "
        "--prefix -w --watch --ignore-not-found --containers --minify",
        "-n --namespace --context --cluster --request-timeout -o --output -l --selector "
        "--field-selector -c --container "
        "--tail --since --since-time --for --timeout --sort-by --limit-bytes --revision",
    ),
    _no_secret(
        lambda operands: (
            _begins(
                "get|describe|logs|top|version|wait|api-resources|api-versions|explain",
                "rollout status|history",
                "auth can-i",
                "config view|get-contexts|current-context",
            )(operands)
            or operands == ["cluster-info"]
        )
    ),
    _options("", "-n --namespace --context --cluster --request-timeout"),
)
_DOCKER = Tool(
    _options(
        "-a --all -q --quiet --no-trunc --no-stream -s --size -t --timestamps",
        "--filter --format -n --tail --since --until",
    ),
    _begins("ps|logs|inspect|images|stats|info|version", "compose ps|logs|images|top"),
    _options(),
)
_ETCD = Tool(
    _options(
        "--cluster --prefix --keys-only --print-value-only --count-only --hex --from-key",
        "--limit --rev -w --write-out",
    ),
    _begins("endpoint health|status|hashkv", "member list", "get", "alarm list", "version", "snapshot status"),
    _options("", "--endpoints --cacert --cert --key -w --write-out --dial-timeout --command-timeout --user"),
)
_COMPOSE = _DOCKER._replace(fits=_begins("ps|logs|images|top|version"))
_HELD = "-h -p -U -d --host --port --username --dbname"

ANY = frozenset(
    _words(
        "cat tail head grep egrep fgrep ls ps df du free stat wc cut tr column nslookup "
        "dig host netstat lsblk pgrep echo true "
        "false sleep cksum md5sum sha1sum sha256sum sha512sum diff cmp comm pwd whoami "
        "id who w uptime uname nproc lscpu basename "
        "dirname realpath readlink seq nl tac rev jq findmnt pidof zcat vmstat getent "
        "traceroute pg_isready pg_controldata "
        "pg_lsclusters which"
    )
)
"""They change nothing, whatever they are given."""
VERSIONED = frozenset(
    _words("psql mysql python3 docker kubectl helm terraform ansible restic pgbackrest redis-server java node")
)
"""Programs that only say their version when asked for it (beside those of the tables)."""

TOOLS: dict[str, Tool] = {
    "kubectl": _KUBECTL,
    "oc": _KUBECTL._replace(fits=lambda operands: _KUBECTL.fits(operands) or _begins("whoami|status")(operands)),
    "docker": _DOCKER,
    "podman": _DOCKER,
    "docker-compose": _COMPOSE,
    "systemctl": Tool(
        _options(
            "--no-pager -l --full -a --all --failed --no-legend --user", "-n --lines -t --type --state -p --property"
        ),
        lambda operands: (
            not operands
            or _begins(
                "status|is-active|is-enabled|is-failed|show|cat|list-units|list-timers|"
                "list-unit-files|list-dependencies"
            )(operands)
        ),
    ),
    "service": Tool(_options(), _is(r"[\w@.-]+", "status")),
    "helm": Tool(
        _options("-A --all-namespaces -a --all", "-n --namespace -o --output --kube-context --revision"),
        _begins("list|ls|status|history", "get notes|manifest|hooks"),
    ),
    "gcloud": Tool(_options("", "--project --region --zone --filter --format --limit --instance --cluster"), _cloud),
    "az": Tool(_options("", "--subscription --resource-group -g --name -n --query -o --output"), _cloud),
    "aws": Tool(
        _options(
            "--no-cli-pager --recursive --human-readable --summarize --no-paginate",
            "--region --profile --output --query --filters --max-items "
            "--db-instance-identifier --db-cluster-identifier "
            "--instance-ids --cluster --services --hosted-zone-id --name --names --bucket "
            "--key --prefix --load-balancer-arns "
            "--target-group-arn --db-snapshot-identifier --snapshot-ids --volume-ids "
            "--owner-ids --alarm-names --table-name",
        ),
        lambda operands: (
            operands[:2] in (["s3", "ls"], ["sts", "get-caller-identity"], ["s3api", "head-object"])
            or (len(operands) == 2 and operands[1].startswith(("describe-", "list-")))
            or (len(operands) == 3 and operands[1] == "wait")
        ),
    ),
    "terraform": Tool(_options("-no-color -json"), _begins("show|version|validate", "state list")),
    "git": Tool(
        _options(
            "--oneline --stat --graph --all -p --name-only --name-status --cached --staged -s --short",
            "-n --since --until --format",
        ),
        _begins("log|status|diff|show"),
        _options("--no-pager", "-C"),
    ),
    "patronictl": Tool(
        _options("-e --extended -t --timestamp", "-f --format"),
        _begins("list|history|topology|show-config|version"),
        _options("", "-c --config-file"),
    ),
    "etcdctl": _ETCD,
    "etcdutl": Tool(_options("", "-w --write-out"), _begins("snapshot status", "version")),
    "velero": Tool(  # logs and details are asked for by an object that is written into the cluster
        _options("", "-n --namespace -o --output"),
        _begins("backup|restore|schedule get|describe", "get backup|backups|restore|restores|schedule|schedules"),
    ),
    "redis-cli": Tool(
        _options(),
        _tells_of_redis,
        _options("--tls --no-auth-warning --raw", "-h -p -n --user --cacert --cert --key"),
    ),
    "pgbackrest": Tool(_options("", "--stanza --output --set --repo --log-level-console"), _is("info|version")),
    "openssl": Tool(
        _options(
            "-noout -text -dates -enddate -startdate -subject -issuer -serial -fingerprint "
            "-showcerts -brief -verify_return_error",
            "-connect -servername -starttls -CAfile -in -checkend -inform",
        ),
        _begins("s_client|x509|version"),
    ),
    "curl": Tool(
        _options(
            "-s -S -f -k -L -i -I -v -g -N -4 -6 --silent --show-error --fail --insecure "
            "--location --include --head --verbose",
            "-m --max-time --connect-timeout --retry --cacert --resolve -H --header -X "
            "--request -o --output -w --write-out",
        ),
        _fetches,
    ),
    "nc": Tool(_options("-z -v -u -n -4 -6", "-w"), _any, needs=frozenset({"-z"})),
    "ping": Tool(_options("-4 -6 -q -n", "-c -W -i -w -I -s"), _at_most(1)),
    "sort": Tool(_options("-n -r -u -h -V -b -d -g -i -M -s -c -C -f", "-k -t"), _any),
    "uniq": Tool(_options("-c -d -u -i", "-f -s -w"), _at_most(1)),
    "file": Tool(_options("-b -i -L -s"), _any),
    "journalctl": Tool(
        _options(
            "--no-pager -b -k --dmesg -e -x -r -q -f --list-boots --disk-usage",
            "-u --unit -n --lines -S --since -U --until -p --priority -o --output -t -g --grep",
        ),
        _any,
    ),
    "dmesg": Tool(_options("-T -x -k -u", "-l --level -f"), _at_most(0)),
    "ss": Tool(_options("-t -l -n -p -a -u -x -s -4 -6 -i -m -o -e -r -H"), _any),
    "ip": Tool(
        _options("-4 -6 -br -brief -s -d -c -j"),
        lambda operands: (
            _is("a|addr|address|link|route|r|neigh|rule")(operands)
            or _begins("a|addr|address|link|route|r|neigh|rule show|list|ls|get")(operands)
        ),
    ),
    "date": Tool(
        _options("-u -R -I --utc", "-d --date"),
        lambda operands: len(operands) < 2 and all(each[0] == "+" for each in operands),
    ),
    "hostname": Tool(_options("-f -s -i -I -d"), _at_most(0)),
    "mount": Tool(_options("-l"), _at_most(0)),
    "crontab": Tool(_options("-l"), _at_most(0), needs=frozenset({"-l"})),
    "find": Tool(
        _options(
            "-empty -print -ls -not -o -a -prune -xdev -mount",
            "-name -iname -path -ipath -type -mtime -mmin -newer -size -maxdepth -mindepth -user -group -perm -regex",
        ),
        _any,
    ),
    "sed": Tool(_options("-n -E -r"), _selects),
    "awk": Tool(_options("", "-F"), _prints),
    "tar": Tool(_options(), _is("tz?v?f|tvz?f", "[^:]+")),
    "unzip": Tool(_options("-l"), _is(".+"), needs=frozenset({"-l"})),
    "gzip": Tool(_options("-l -t"), _is(".+"), needs=frozenset({"-l", "-t"})),
    "cd": Tool(_options(), _at_most(1)),
    "set": Tool(_options("-e -u -x", "-o"), _is()),
}
"""They change nothing with these options and operands."""
CLIENTS = {
    "psql": _options("-A -t -x -q -X -n -w --csv --no-psqlrc --tuples-only", f"{_HELD} -c --command"),
    "mysql": _options("-N -B -s -t", "-h -P -u -e --host --port --user --execute"),
    "mongosh": _options("--quiet --norc --tls", "--host --port -u --username --authenticationDatabase --eval"),
}
"""Clients of databases, which look where what they ask for does."""
