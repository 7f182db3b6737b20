"""``communications.status_page``: tell users how things are, where they look."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.channels.settings import Communications, StatusPage
from actions.communications.message import Message, compose_public, next_update
from actions.communications.page import NoAnswer, Page, PageTrouble, Post
from actions.context import ActionContext, IncidentFacts, Progress
from actions.outcome import ActionFailed, Cure, Finding, Outcome
from actions.readiness.ready import DRY_RUN
from journal.events.types import Kind

NAME = "communications.status_page"
STATES = ("investigating", "identified", "monitoring", "resolved")
"""What Statuspage calls the states of an incident, in their order."""
_SEEN_S = 60.0
"""Seconds until users must see a post: a page behind a cache shows it late."""
_LOOK_S = 1.0
_ON_PAPER = IncidentFacts(id="INCIDENT", kind=Kind.REAL)
_MINUTES = 30
_ELSEWHERE = Cure(words="Say it where users look next (y copies it), and note where.", instead=True)


def by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return the post to be copied, and where it is to stand."""
    found, facts = known.inventory.communications, known.facts or _ON_PAPER
    page = _page(found, facts.kind) if found else None
    if found is None or page is None:
        return ()
    minutes = int(known.params.get("next_update_minutes", _MINUTES))
    message = _message(found, facts, str(known.params.get("text", "")), minutes)
    what = f"Post this at {page.public or page.address}, or where users look next"
    return [CommandLine(what=what, text=f"{message.subject}\n\n{message.text}")]


@action(
    NAME,
    params={
        "state": "how far it is: investigating, identified, monitoring or resolved",
        "text": "what to tell users, in your own words",
        "next_update_minutes": "when you will speak next, in minutes from now",
    },
    by_hand=by_hand,
    ready=DRY_RUN,
)
def status_page(
    ctx: ActionContext, *, state: str = "investigating", text: str = "", next_update_minutes: int = _MINUTES
) -> Outcome:
    """Tell users on the status page how things are.

    The first post of an incident makes a new one on the page, each further run adds an update, `resolved` ends it. Then
    the page is looked at as its visitors get it, from the console's host: a post counts when they see it. Title,
    systems and people of the incident are not posted: only your own words, when it began, and when you speak next.
    Outside the kind REAL it goes to the inventory's exercise page, marked as an exercise.

    Needs: `communications: status_page:` in the inventory, and a way to the page.

    Leaves: the post on the page; in the journal what was posted, when, and whether visitors saw it.

    Killed half way: run again it finds its post on the page, and an update that is there already is not added again.
    """
    found = ctx.inventory.communications
    if state not in STATES:
        raise ActionFailed(f"There is no state {state!r}.", f"Choose: {', '.join(STATES)}.")
    if found is None or found.status_page is None:
        raise ActionFailed("The inventory names no status page.", "Tell users by hand, then mark it done.")
    settings = _page(found, ctx.incident.kind)
    if settings is None:
        raise ActionFailed(
            f"This is a {ctx.incident.kind}, and the inventory names no status page for exercises.",
            "Name one (communications: exercise_page), or say aloud what you would post, and mark the step done.",
        )
    message = _message(found, ctx.incident, text, 0 if state == "resolved" else next_update_minutes)
    try:
        return _post(ctx, settings, message, state)
    except PageTrouble as error:
        again = Cure(words=error.hint, action=NAME)
        raise ActionFailed(error.message, cures=[again, _ELSEWHERE]) from error


def _page(found: Communications, kind: Kind) -> StatusPage | None:
    return found.status_page if kind is Kind.REAL else found.exercise_page


def _message(found: Communications, facts: IncidentFacts, text: str, minutes: int) -> Message:
    at = next_update(datetime.now(UTC), minutes) if minutes else None
    return compose_public(facts, found.templates, text=text, next_update=at)


def _post(ctx: ActionContext, settings: StatusPage, message: Message, state: str) -> Outcome:
    page = Page(settings, ctx.secret(settings.key.read()))
    ours = page.ours(message.id)
    for line in [message.subject, "", *message.text.splitlines()]:
        ctx.log(f"  {line}")
    where = f"an update to {ours.name!r} ({ours.status}, {ours.shortlink or ours.id})" if ours else "a new incident"
    if ours and ours.says(message.text, state):
        ctx.log(f"It stands there already: {ours.shortlink or ours.id}.")
    elif not ctx.effect(f"post it at {settings.address} as {state}: {where}"):
        return Outcome(ok=True, summary=f"It would be {where}, {state}.")
    else:
        ours = _put(page, ours, message, state)
    if not page.read(ours.id).says(message.text, state):
        raise ActionFailed(f"{settings.address} took the post, and does not have it.", cures=[_ELSEWHERE])
    return _outcome(ctx, settings, page, ours, message, state)


def _put(page: Page, ours: Post | None, message: Message, state: str) -> Post:
    """Post it. Where the answer did not come, the page is asked whether it has it."""
    try:
        return (
            page.update(ours.id, message.text, state)
            if ours
            else page.post(message.id, message.subject, message.text, state)
        )
    except NoAnswer:
        with suppress(PageTrouble):
            found = page.read(ours.id) if ours else page.ours(message.id)
            if found and found.says(message.text, state):
                return found
        raise


def _outcome(ctx: ActionContext, settings: StatusPage, page: Page, ours: Post, message: Message, state: str) -> Outcome:
    link = ours.shortlink or ours.id
    facts = {"page": settings.address, "post": link, "state": state}
    if not settings.public:
        text = "whether users see it is not known: the inventory does not say where they look (public)"
        finding = Finding(severity="warning", about="status page", text=text, cure="Look at the page yourself.")
        return Outcome(ok=True, summary=f"{link} says {state}; {text}.", facts=facts, findings=[finding])
    unseen = _unseen(ctx, page, ours.id, message.text, state)
    looked = f"{settings.public}, looked at from {socket.gethostname()}"
    if unseen:
        return Outcome(
            ok=False,
            summary=f"{link} was posted, and users do not see it: {unseen} ({looked}).",
            facts=facts,
            left_behind=f"{link} is posted",
            cures=[Cure(words="Look again: run it again, nothing is posted twice.", action=NAME), _ELSEWHERE],
        )
    return Outcome(ok=True, summary=f"Users see it: {link}, {state} ({looked}).", facts=facts | {"seen": True})


def _unseen(ctx: ActionContext, page: Page, id: str, text: str, state: str) -> str:
    """Look until visitors of the page get the post; return why they do not."""
    ends, why = time.monotonic() + _SEEN_S, ""
    while True:
        ctx.check_cancelled()
        try:
            seen = page.public(id)
            why = "it is not on the page" if seen is None else "" if seen.says(text, state) else "its update is not"
        except PageTrouble as error:
            why = error.message
        left = ends - time.monotonic()
        if not why or left <= 0:
            return why
        ctx.progress(Progress(text=f"looking whether users see it: {why}", eta_s=left))
        time.sleep(min(_LOOK_S, left))  # between two looks
