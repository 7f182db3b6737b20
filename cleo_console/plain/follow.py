"""A run in line mode: its lines as they come, no more of them than can be read, until it is over."""

from __future__ import annotations

from collections.abc import Callable

from cleo_console.plain.conversation import Conversation
from cleo_console.plain.line_terminal import TakenBack
from cleo_console.plain.lines import end_lines
from journal.commands.incident import IncidentCommands
from journal.commands.refusals import AlreadyRunning, NotNow
from journal.incident.closed_gates import gate_lines
from journal.incident.interlock import word_to_type
from journal.incident.records import Run
from journal.incident.same_run import refused_for
from screens.guidance.joined import running_already
from screens.guidance.progress import SILENT_AFTER_S, silence

_LINES = 40
"""Lines said at most at once: what is left out is in the journal."""
_EVERY_S = 0.5


def ask_for(conversation: Conversation, call: Callable[[IncidentCommands], int]) -> Run:
    """Ask the runner for a run, and follow it.

    Where the same runs already, because somebody else has asked for it, that run is followed.

    Returns:
        The run, over; or still under way, where the person went back to the prompt or there is no runner.

    Raises:
        CleoError: it was refused, or could not be written.
    """
    try:
        run_id = conversation.session.request(call)
        said = "Asked for."
    except AlreadyRunning as error:
        run_id, said = error.run, error.message
    return follow(conversation, run_id, said)


def follow(conversation: Conversation, run_id: int, said: str) -> Run:
    """Say what a run prints, until it is over; ``said`` comes first. What it returns is as in `ask_for`."""
    conversation.session.news()
    conversation.say(f"{said} Its output follows; Ctrl+C goes back to the prompt, the run goes on.")
    try:
        run = _follow(conversation, run_id)
        same = refused_for(conversation.incident, run)
        return _follow(conversation, same.id) if same else run
    except TakenBack:
        conversation.say("Back at the prompt. The run goes on.")
        return _known(conversation, run_id)


def _known(conversation: Conversation, run_id: int) -> Run:
    """Return a run.

    Raises:
        NotNow: it is none any more: a tabletop was rewound.
    """
    if run_id not in conversation.incident.runs:
        raise NotNow("The exercise was rewound to before this run: it does not count.", "Play on from there.")
    return conversation.incident.runs[run_id]


def _follow(conversation: Conversation, run_id: int) -> Run:
    printed, target_said, said_after = 0, False, SILENT_AFTER_S
    while True:
        changed = conversation.changes()
        run = _known(conversation, run_id)
        if run.target and not target_said:
            conversation.say(f"On {word_to_type(run.target)}")
            conversation.say(*gate_lines(conversation.incident, run.closed))
            target_said = True
        printed = _say_new_lines(conversation, run_id, printed)
        conversation.say(*(line for line in changed if not _about(run, line)))
        said_after = _say_silence(conversation, run, said_after)
        if run.state.over:
            same = refused_for(conversation.incident, run)
            conversation.say(*([running_already(conversation.incident, same)] if same else end_lines(run)))
            return run
        if conversation.session.runner_missing():
            return run
        conversation.terminal.pause(_EVERY_S)


def _say_silence(conversation: Conversation, run: Run, after: float) -> float:
    """Say that nothing was printed for ``after`` seconds; return after how many to say it again."""
    now = conversation.now
    lines = conversation.session.tail(run.id, 1)
    since = lines[-1].at if lines else run.started_at
    quiet_for = (now - since).total_seconds() if since else 0.0
    if quiet_for < after:
        return SILENT_AFTER_S if quiet_for < SILENT_AFTER_S else after
    if words := silence(run, lines, now):
        conversation.say(f"  ({words})")
    return quiet_for * 2


def _about(run: Run, line: str) -> bool:
    """Return whether an announcement only repeats what the run itself says here."""
    return f"(run {run.id})" in line or f"Run {run.id} refused" in line


def _say_new_lines(conversation: Conversation, run_id: int, printed: int) -> int:
    lines = [line for line in conversation.session.tail(run_id, _LINES) if line.n > printed]
    if not lines:
        return printed
    if gap := lines[0].n - printed - 1:
        conversation.say(f"  ({gap} lines left out; the journal has them)")
    conversation.say(*(f"  {line.text}" for line in lines))
    return lines[-1].n
