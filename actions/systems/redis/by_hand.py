"""The shell commands of Redis' actions, from the inventory alone; the password is asked for, never in them."""

from __future__ import annotations

from collections.abc import Sequence

from actions.by_hand import ByHand, CommandLine
from actions.machine.service import start_line, stop_line
from actions.systems.redis.server import program
from actions.systems.redis.settings import RedisSettings


def cli(settings: RedisSettings, *command: str, what: str = "") -> CommandLine:
    """Return a command to the server, as our user; redis-cli asks for the password."""
    asks = ["--askpass"] if settings.password else []
    return CommandLine(argv=[*words(settings), *asks, *command], what=what, host=settings.host)


def words(settings: RedisSettings) -> list[str]:
    """Return what begins every command to the server, as our user; the password is not in it."""
    user = ["--user", settings.user] if settings.user else []
    where = ["-h", settings.address, "-p", str(settings.port)]
    return [program(settings, "redis-cli"), *where, *user, *(_tls(settings) if settings.tls else [])]


def _tls(settings: RedisSettings) -> list[str]:
    own = settings.tls_certificate_file
    trusted = ["--cacert", settings.tls_ca_file] if settings.tls_ca_file else []
    return ["--tls", *trusted, *(["--cert", own, "--key", own] if own else [])]


def password_line(settings: RedisSettings) -> list[CommandLine]:
    """Return what is said before commands that cannot ask for the password, since they read something else."""
    what = "The password, for the commands below: read -rs REDISCLI_AUTH; export REDISCLI_AUTH"
    return [CommandLine(what=what)] if settings.password else []


def is_running(known: ByHand) -> Sequence[CommandLine]:
    """Return what shows whether it runs, and what lies in its data directory."""
    settings = known.settings(RedisSettings)
    data = settings.place()
    return [
        cli(settings, "INFO", what="process_id: does it work in the data directory? Then role, keys, saves."),
        CommandLine(argv=["ls", "-lR", "--time-style=full-iso", data], host=settings.host, user=settings.run_as),
    ]


def start(known: ByHand) -> Sequence[CommandLine]:
    """Return what starts it, after a look whether it would come up empty."""
    settings = known.settings(RedisSettings)
    data = settings.place()
    warn = (
        "appendonly yes and no append-only files (or no manifest): DO NOT START IT, it comes up empty and then\n"
        "overwrites dump.rdb. An append-only file older than dump.rdb: it wins, what only dump.rdb holds is lost."
    )
    grep = ["grep", "-iE", "^ *(appendonly|appenddirname|dbfilename|dir|save|replicaof) ", settings.config_file]
    look = [CommandLine(argv=grep, host=settings.host, user=settings.run_as)] if settings.config_file else []
    ls = CommandLine(
        argv=["ls", "-lR", "--time-style=full-iso", data], what=warn, host=settings.host, user=settings.run_as
    )
    return [*look, ls, start_line(settings.service, settings.host, settings.run_as)]


def stop(known: ByHand) -> Sequence[CommandLine]:
    """Return what stops it, and leaves the RDB file as it is where append-only files are on."""
    settings = known.settings(RedisSettings)
    if known.params.get("immediate"):
        return [cli(settings, "SHUTDOWN", "NOSAVE")]
    what = "Only where append-only files are on (INFO persistence: aof_enabled:1): its stop leaves dump.rdb as it is."
    stopped = stop_line(settings.service, settings.host, settings.run_as, "PID")
    return [cli(settings, "CONFIG", "SET", "save", "", what=what), stopped]


def stop_writers(known: ByHand) -> Sequence[CommandLine]:
    """Return what keeps the application's users out."""
    settings = known.settings(RedisSettings)
    lines = [
        line
        for user in settings.app_users
        for line in (
            cli(settings, "ACL", "SETUSER", user.name, "off"),
            cli(settings, "CLIENT", "KILL", "USER", user.name),
        )
    ]
    where = settings.acl_file or settings.config_file or "its configuration"
    last = f"So that it holds after a restart: put off at the end of their lines (user NAME …) in {where}."
    return [*lines, CommandLine(what=last)]


def allow_writers(known: ByHand) -> Sequence[CommandLine]:
    """Return what lets the application's users in again."""
    settings = known.settings(RedisSettings)
    where = settings.acl_file or settings.config_file or "its configuration"
    first = CommandLine(what=f"Take off from the end of their lines (user NAME …) in {where}; then, where it runs:")
    return [first, *(cli(settings, "ACL", "SETUSER", user.name, "on") for user in settings.app_users)]
