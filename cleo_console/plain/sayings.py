"""What line mode says when it is asked for it: output, commands, health, the handover, the whole list."""

from __future__ import annotations

from actions.by_hand import script_of
from cleo_console.plain.conversation import Conversation
from cleo_console.plain.lines import health_lines, risk_lines, sentences, state_words
from journal.plan.model import Step
from screens.guidance.commands import begun, nothing
from screens.guidance.handover import handover
from screens.guidance.names import title

_OUTPUT_LINES = 40


def say_output(conversation: Conversation, step: Step) -> None:
    """Say the last lines that the step's last started run printed."""
    incident = conversation.incident
    runs = [run for run in incident.steps[step.id].runs if incident.runs[run].started_at]
    lines = conversation.session.tail(runs[-1], _OUTPUT_LINES)
    conversation.say(*(f"  {line.text}" for line in lines) if lines else ["It printed nothing."])


def say_commands(conversation: Conversation, step: Step) -> None:
    """Say the step's shell commands."""
    incident = conversation.incident
    found = [*conversation.session.services.shell_commands(incident, step), *begun(incident, step)]
    said = script_of(found or [nothing(incident, step)])
    conversation.say(*(f"  {line}" for text in said for line in text.splitlines()))


def say_health(conversation: Conversation) -> None:
    """Say how every system is."""
    incident, readings, now = conversation.incident, conversation.session.readings(), conversation.now
    conversation.say(*health_lines(incident, readings, now), *risk_lines(incident, readings, now))


def say_handover(conversation: Conversation) -> None:
    """Say what whoever takes over must know."""
    session, now = conversation.session, conversation.now
    conversation.say(
        *sentences(handover(conversation.incident, session.readings(), session.catalogue, now, here=session.here))
    )


def say_list(conversation: Conversation) -> None:
    """Say every step and its state."""
    incident, now = conversation.incident, conversation.now
    for phase in incident.plan.phases:
        conversation.say(phase.title)
        for step in (step for section in phase.sections for step in section.steps):
            conversation.say(f"  {title(incident, step)}: {state_words(incident, step, now)}")
