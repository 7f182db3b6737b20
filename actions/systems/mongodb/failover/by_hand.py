"""The shell commands of fencing and promoting, from the inventory alone."""

from __future__ import annotations

from collections.abc import Sequence

from actions.by_hand import TAKE_OUT, ByHand, CommandLine
from actions.machine.service import start_line, stop_line
from actions.systems.mongodb.by_hand import in_shell, program
from actions.systems.mongodb.fence_guard import GUARD
from actions.systems.mongodb.settings import MongodbSettings

_STEP_UP = "rs.status().members.map(m => [m.name, m.stateStr, m.optimeDate]); db.adminCommand({replSetStepUp: 1})"
_FORCE = (
    "c = rs.conf(); c.members.forEach(m => { if (LOST.includes(m.host)) { m.votes = 0; m.priority = 0 } }); "
    "rs.reconfig(c, {force: true})"
)
_ENDS = "rs.status().members.map(m => [m.name, m.stateStr, m.optime])"
_PREFERS = "Where the old one's priority is higher, as the new one's: c.members[N].priority = P; rs.reconfig(c):"
_NOTE = "db.adminCommand({appendOplogNote: 1, data: {cleo: 1}, writeConcern: {w: 'majority', wtimeout: 8000}})"


def fence(known: ByHand) -> Sequence[CommandLine]:
    """Tell what has every start refused and stops the server, or cuts it off from outside."""
    settings = known.settings(MongodbSettings)
    commands = settings.fence.commands(str(known.params.get("by") or ""))
    if commands:
        state = CommandLine(argv=commands.state, host=commands.host, what=f"It must say: {commands.fenced_says}")
        return [CommandLine(argv=commands.fence, host=commands.host), state]
    argv = ["sh", "-c", 'printf "\\n%s" "$2" >>"$1"', "sh", _file(settings)]
    what = "Only on its own host. Have every start refused, also after a reboot:"
    put = CommandLine(argv=[*argv, GUARD.block_of(f"incident {known.incident}")], what=what, host=settings.host)
    stop = stop_line(settings.service, settings.host, settings.run_as, "PID")
    return [put, stop, _tries(settings, "It must name cleoFenced:")]


def is_fenced(known: ByHand) -> Sequence[CommandLine]:
    """Tell what shows whether a start is refused."""
    what = "It must name cleoFenced, or another member must lead (rs.status()):"
    return [_tries(known.settings(MongodbSettings), what)]


def unfence(known: ByHand) -> Sequence[CommandLine]:
    """Tell what takes the line out that has every start refused."""
    settings = known.settings(MongodbSettings)
    argv = ["sh", "-c", TAKE_OUT, "sh", _file(settings), GUARD.begin, GUARD.end]
    take = CommandLine(argv=argv, host=settings.host)
    return [take, _tries(settings, "It must print the configuration:")]


def promote(known: ByHand) -> Sequence[CommandLine]:
    """Tell what makes another member primary."""
    systems = known.inventory.systems
    mine = [s for s in systems.values() if isinstance(s, MongodbSettings) and s.standby_of == known.system]
    found = [one for one in mine if not one.cold]
    lines = [CommandLine(what="On the member that has most (optimeDate); only one that is not hidden or delayed:")]
    lines += [in_shell(settings, _STEP_UP, "The one that has most (optimeDate):") for settings in found[:1]]
    force = "ONLY where no majority is left, and all that is lost is fenced: LOST is an array of 'host:port'."
    lines += [in_shell(settings, _FORCE, force) for settings in found[:1]]
    note = "It must say ok: 1, without writeConcernError:"
    lines += [in_shell(settings, _NOTE, note) for settings in found[:1]]
    return [*lines, *(in_shell(settings, "c = rs.conf(); c.members", _PREFERS) for settings in found[:1])]


def switch_back(known: ByHand) -> Sequence[CommandLine]:
    """Tell how the primary hands over to a member, once that has everything."""
    settings, systems = known.settings(MongodbSettings), known.inventory.systems
    new = next((s for s in systems.values() if isinstance(s, MongodbSettings) and s.standby_of == known.system), None)
    lines = [in_shell(settings, _ENDS, "Writers out first. Go on once the other one's optime is the primary's:")]
    others = "At each further member, so that it does not stand: rs.freeze(90). At the primary:"
    lines += [in_shell(settings, "rs.stepDown(90, 30)", others)]
    return [*lines, *([in_shell(new, "db.adminCommand({replSetStepUp: 1})", "At once, at the one:")] if new else [])]


def rejoin(known: ByHand) -> Sequence[CommandLine]:
    """Tell what brings a fenced old primary back."""
    settings = known.settings(MongodbSettings)
    start = start_line(settings.service, settings.host, settings.run_as)
    ends = in_shell(settings, "rs.status().members.map(m => [m.name, m.stateStr])", "It must come to SECONDARY:")
    argv = ["ls", "-lR", f"{settings.place()}/rollback"]
    files = CommandLine(argv=argv, what="What it rolled back:", host=settings.host)
    prefers = "At the primary first, where its priority in rs.conf() is higher: as the primary's (rs.reconfig())."
    return [CommandLine(what=prefers), *unfence(known)[:1], start, ends, files]


def _file(settings: MongodbSettings) -> str:
    return settings.config_file or "ITS_CONFIGURATION"


def _tries(settings: MongodbSettings, what: str) -> CommandLine:
    argv = [program(settings, "mongod"), "--config", _file(settings), "--outputConfig"]
    return CommandLine(argv=argv, what=what, host=settings.host, user=settings.run_as)
