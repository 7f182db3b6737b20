"""The shell commands of fencing and promoting, from the inventory alone."""

from __future__ import annotations

from collections.abc import Sequence

from actions.by_hand import TAKE_OUT, ByHand, CommandLine
from actions.machine.service import start_line, stop_line
from actions.systems.redis.by_hand import cli
from actions.systems.redis.fence_guard import GUARD
from actions.systems.redis.server import program
from actions.systems.redis.settings import RedisSettings, Sentinel

_COMMENT_OUT = "sed -i -E 's/^[ ]*(replicaof|slaveof) /# &/I' \"$1\""


def fence(known: ByHand) -> Sequence[CommandLine]:
    """Tell what has every start refused and stops the server, or cuts it off from outside."""
    settings = known.settings(RedisSettings)
    commands = settings.fence.commands(str(known.params.get("by") or ""))
    if commands:
        state = CommandLine(argv=commands.state, host=commands.host, what=f"It must say: {commands.fenced_says}")
        return [CommandLine(argv=commands.fence, host=commands.host), state]
    argv = ["sh", "-c", 'printf "\\n%s" "$2" >>"$1"', "sh", _file(settings)]
    what = "Only on its own host. Have every start refused, also after a reboot:"
    put = CommandLine(argv=[*argv, GUARD.block_of(f"incident {known.incident}")], what=what, host=settings.host)
    pause = cli(settings, "CLIENT", "PAUSE", "120000", "WRITE", what="Note its master_repl_offset (INFO replication).")
    stop = stop_line(settings.service, settings.host, settings.run_as, "PID")
    return [put, pause, stop, _tries(settings, "It must name cleo_fenced:")]


def is_fenced(known: ByHand) -> Sequence[CommandLine]:
    """Tell what shows whether a start is refused."""
    return [_tries(known.settings(RedisSettings), "It must name cleo_fenced, and nothing may answer at its address:")]


def unfence(known: ByHand) -> Sequence[CommandLine]:
    """Tell what takes the line out that has every start refused."""
    settings = known.settings(RedisSettings)
    argv = ["sh", "-c", TAKE_OUT, "sh", _file(settings), GUARD.begin, GUARD.end]
    what = "Only if no other server is a master in its place:"
    take = CommandLine(argv=argv, what=what, host=settings.host)
    return [take, _tries(settings, "It must not name cleo_fenced any more:")]


def promote(known: ByHand) -> Sequence[CommandLine]:
    """Tell what promotes each replica of the server."""
    systems = known.inventory.systems
    master = known.settings(RedisSettings)
    lines = [CommandLine(what="Only once the old master is fenced: unreachable is not dead.")]
    for one in systems.values():
        if not isinstance(one, RedisSettings) or one.standby_of != known.system or one.cold:
            continue
        settings = one.taking_over(master)
        name = settings.title or settings.host
        look = "Not while it copies (master_sync_in_progress:1), without keys, or at slave_repl_offset:1:"
        argv = ["sh", "-c", _COMMENT_OUT, "sh", _file(settings)]
        lines += [
            cli(
                settings,
                "INFO",
                what=f"{name}; of several the one that came furthest. {look}",
            ),
            CommandLine(argv=argv, host=settings.host, what="So that its next start follows nobody:"),
            *(cli(settings, "ACL", "SETUSER", user.name, "off") for user in settings.app_users),
            cli(settings, "REPLICAOF", "NO", "ONE"),
            cli(settings, "SET", "cleo:promoted", "1", "PX", "60000", what="It must say OK:"),
        ]
    return lines


def switch_over(known: ByHand) -> Sequence[CommandLine]:
    """Tell how a Sentinel is asked to have a replica lead."""
    settings = known.settings(RedisSettings)
    found = settings.sentinels[:1] or [Sentinel(address="SENTINEL")]
    ask = ["redis-cli", "-h", found[0].address, "-p", str(found[0].port), "SENTINEL"]
    held = CommandLine(argv=[*ask, "MASTERS"], what="What it calls the master (NAME), and whom it takes for it:")
    over = CommandLine(argv=[*ask, "FAILOVER", "NAME"], what="Unless it promoted one by itself already:")
    ends = CommandLine(argv=[*ask, "GET-MASTER-ADDR-BY-NAME", "NAME"], what="It must name another one, on which:")
    keep = [cli(settings, "ACL", "SETUSER", user.name, "off") for user in settings.app_users]
    return [held, over, ends, *keep]


def switch_back(known: ByHand) -> Sequence[CommandLine]:
    """Tell how a master hands over to its replica, once that has everything."""
    settings, systems = known.settings(RedisSettings), known.inventory.systems
    new = next((s for s in systems.values() if isinstance(s, RedisSettings) and s.standby_of == known.system), None)
    to = (new.address, str(new.port)) if new else ("ADDRESS", "PORT")
    users = [cli(settings, "ACL", "SETUSER", user.name, "off") for user in settings.app_users]
    alike = "Both at one offset, with as many keys:"
    seen = [cli(one, "INFO", what=alike if one is settings else "") for one in (settings, new) if one]
    over = cli(settings, "FAILOVER", "TO", *to, "TIMEOUT", "20000", what="It becomes its replica:")
    files = f"In its file `replicaof {' '.join(to)}` (masteruser, masterauth, too); out of the other one's."
    return [
        *users,
        cli(settings, "CLIENT", "PAUSE", "60000", "WRITE"),
        *seen,
        over,
        cli(settings, "CLIENT", "UNPAUSE"),
        CommandLine(what=files),
    ]


def rejoin(known: ByHand) -> Sequence[CommandLine]:
    """Tell what brings a fenced old master back as a replica."""
    settings = known.settings(RedisSettings)
    data, systems = settings.place(), known.inventory.systems
    new = next((s for s in systems.values() if isinstance(s, RedisSettings) and s.standby_of == known.system), None)
    where = f"{new.address} {new.port}" if new else "ADDRESS PORT"
    keep = CommandLine(
        argv=["mv", "-T", data, f"{data}.aside"], host=settings.host, what="Its own files first: they may hold more."
    )
    make = CommandLine(argv=["install", "-d", "-m", "750", "-o", settings.run_as or "OWNER", data], host=settings.host)
    said = (
        f"In {_file(settings)}, in one change: cleo_fenced out, `replicaof {where}` in (masteruser, masterauth, too)."
    )
    start = start_line(settings.service, settings.host, settings.run_as)
    ends = cli(settings, "INFO", "replication", what="master_link_status:up, master_sync_in_progress:0")
    return [keep, make, CommandLine(what=said), start, ends]


def _file(settings: RedisSettings) -> str:
    return settings.config_file or "ITS_CONFIGURATION"


def _tries(settings: RedisSettings, what: str) -> CommandLine:
    argv = [program(settings, settings.program), _file(settings), "--cleo_only_tried", "yes"]
    return CommandLine(argv=argv, what=what, host=settings.host, user=settings.run_as)
