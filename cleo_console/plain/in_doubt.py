"""A run in doubt in line mode: says what is known, offers a look at what it left, and takes a person's verdict."""

from __future__ import annotations

from cleo_console.plain.conversation import Conversation
from cleo_console.plain.follow import ask_for
from cleo_console.plain.lines import sentences
from cleo_console.plain.questions import choose, words
from journal.errors import CleoError
from journal.incident.looks import goes_on, look_words, next_look
from journal.incident.records import Run
from journal.plan.model import Step
from journal.wording import reasons
from screens.guidance.run_text import doubt_lines, target_lines
from screens.guidance.verdicts import NO_PROBE, VERDICTS, Verdict

_VERDICTS: dict[str, Verdict] = {verdict.replace("_", " "): verdict for verdict in VERDICTS}
_TITLES = {words: f"{VERDICTS[verdict]}." for words, verdict in _VERDICTS.items()}


def resolve(conversation: Conversation, step: Step) -> None:
    """Say what the step's doubtful run was, after a look at what it left."""
    run = next((run for run in conversation.incident.in_doubt() if run.step == step.id), None)
    if run is None:
        return
    conversation.say("Nobody knows how it ended.", *sentences([*doubt_lines(run), *target_lines(run.target)]))
    while (said := choose(conversation, "What was it?", _offers(conversation, run))) == "look":
        _look(conversation, run)
    reason = words(conversation, "What tells you?", required=reasons.VERDICT)
    try:
        conversation.session.write(lambda commands: commands.resolve(run.id, _VERDICTS[said], reason))
    except CleoError:
        conversation.say(f"NOT WRITTEN, {said}: {reason}")
        raise


def _look(conversation: Conversation, run: Run) -> None:
    """Look at its programs and then at what it left: each look says what it saw."""
    catalogue = conversation.session.catalogue
    look = ask_for(conversation, lambda commands: commands.probe(run.id, catalogue))
    if goes_on(conversation.incident, look, catalogue):
        ask_for(conversation, lambda commands: commands.probe(run.id, catalogue))


def _offers(conversation: Conversation, run: Run) -> dict[str, str]:
    incident, catalogue = conversation.incident, conversation.session.catalogue
    look = next_look(incident, incident.runs[run.id], catalogue)
    if not look:
        conversation.say(NO_PROBE)
        return _TITLES
    return {"look": f"First look at {look_words(look)} (read-only).", **_TITLES}
