"""One ELBv2 of the inventory, as an action meets it: its servers are target groups, set by one request."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from actions.context import ActionContext
from actions.gate import decide
from actions.kept_record import keep_record, load_record
from actions.outcome import ActionFailed, Cure, GateClosed
from actions.systems.load_balancer.balancer import VERIFY, Balancer, reported
from actions.systems.load_balancer.elbv2.api import Api
from actions.systems.load_balancer.elbv2.look import actions_now, look
from actions.systems.load_balancer.elbv2.routes import actions_for, nothing_left, settled
from actions.systems.load_balancer.elbv2.seen import Elbv2Seen, route_words
from actions.systems.load_balancer.programs.send_requests import send
from actions.systems.load_balancer.record import Record, Setting, differences, settings_of
from actions.systems.load_balancer.seen import Seen
from actions.systems.load_balancer.settings import Elbv2Settings
from journal.events.types import Identity

_BETWEEN_S = 1.0
"""Seconds between two looks: an account's requests are counted."""
_CHANGED = "changed-since"


class Elbv2Balancer(Balancer):
    """An ELBv2, and the context in which it is acted on.

    Args:
        ctx: the action's context.
        name: its name in the inventory.
        own: where it is.
    """

    def __init__(self, ctx: ActionContext, name: str, own: Elbv2Settings) -> None:
        super().__init__(ctx, name)
        self.own = own
        self._api = Api(own)
        self._known: Sequence[Mapping[str, Any]] | None = None
        """The actions that this run began with, or set last."""

    def _open(self) -> Api:
        """Return the API; its credentials are kept out of everything that is written."""
        for key in ("aws_secret_access_key", "aws_session_token"):
            if secret := self._api.keys.get(key):
                self.ctx.secret(secret)
        return self._api

    def look(self, timeout_s: float = 10.0) -> Elbv2Seen:
        """Return what the listener or rule does now, and every target's health.

        Raises:
            ActionFailed: the API does not tell.
        """
        record = self.record()
        bases = {name: one.weight for name, one in record.before.items() if one.weight} if record else {}
        seen = look(self._open(), self.settings, bases)
        self._known = seen.actions if self._known is None else self._known
        return seen

    def identity(self) -> list[Identity]:
        """Return what a person types to confirm, the load balancer's ARN, DNS name and account, and what is changed."""
        seen = self.look()
        return [
            reported("confirm", f"{self.name}@{self.own.account}"),
            reported("load balancer", seen.arn),
            reported("DNS name", seen.address),
            reported("account", self.own.account),
            reported("pools", self.settings.place()),
        ]

    def settled(self, wanted: dict[str, Setting]) -> dict[str, Setting]:
        """Return what target groups are set to where these settings are wanted."""
        record = self.record()
        return wanted if record and wanted == record.before else settled(wanted)

    def require_some_left(self, left: Sequence[str]) -> None:
        """Refuse to leave a network load balancer without a target group: nobody would answer for it.

        Raises:
            ActionFailed: it would be.
        """
        if self.own.network and not left:
            raise nothing_left()

    def require_unchanged(self, seen: Seen) -> None:
        """Refuse where somebody else changed the action since this run read it, or since this incident set it last.

        AWS takes no condition with a change: between this look and the change a moment is left.

        Raises:
            ActionFailed: somebody did, or it does what no setting of target groups says.
            GateClosed: somebody did since this incident set it, and nobody said that it may be overwritten.
        """
        assert isinstance(seen, Elbv2Seen)  # of our own look
        now = actions_now(self._open())
        if now != self._known:
            raise ActionFailed(
                f"{self.name} was changed by somebody else meanwhile: it {route_words(now)}, and when this "
                f"run looked first it {route_words(self._known or ())}. It is not overwritten.",
                "Find out who did (CloudTrail), then run it again.",
                left_behind="Nothing was changed.",
                cures=[VERIFY],
            )
        self._require_known(seen)
        record = self.record()
        if record is None or record.stage == "put back" or settings_of(seen) in (record.wanted, record.was):
            return
        said = "; ".join(differences(record.wanted, settings_of(seen)))
        closed = GateClosed(
            _CHANGED,
            f"{self.name} is not as this incident set it: {said}. Somebody changed it since.",
            cures=[VERIFY, Cure(words="Or overwrite it: somebody knows whose change it is.", override=_CHANGED)],
        )
        decide(self.ctx, closed, "Somebody's change is overwritten")

    def _require_known(self, seen: Elbv2Seen) -> None:
        """Refuse to overwrite what target groups' weights cannot bring back, or what nobody named."""
        strange = [f"the target group {arn}, which is in no pool" for arn in seen.strangers]
        others = [one for one in seen.actions if one.get("Type") not in ("forward", "fixed-response")]
        strange += [f"the action {one.get('Type')}" for one in others]
        if strange:
            raise ActionFailed(
                f"{self.settings.place()} has {', '.join(strange)}: a change would take that away.",
                "Name the target group in the inventory (pools); of another action, do the step by hand.",
                left_behind="Nothing was changed.",
            )

    def apply(self, key: str, now: Mapping[str, Setting], wanted: Mapping[str, Setting], seen: Seen) -> None:
        """Have the listener or rule do what is wanted, in one request; what it did before is put back to the letter.

        Raises:
            ActionFailed: it was refused.
        """
        assert isinstance(seen, Elbv2Seen)  # of our own look
        record = self.record()
        before = record.actions if record else seen.actions
        actions: Sequence[Any] = actions_for(wanted, before, network=self.own.network)
        if record and record.before == wanted:
            actions = record.actions
        self._known = None
        self.ctx.log(f"{key}: {route_words(actions)}")
        self.ctx.log(f"  as the API is told: {json.dumps(actions)}")
        if self.own.rule:
            self._open().ask("modify the rule", "modify_rule", RuleArn=self.own.rule, Actions=actions)
            return
        self._open().ask(
            "modify the listener", "modify_listener", ListenerArn=self.own.listener, DefaultActions=actions
        )

    @property
    def _path(self) -> Path:
        return self.ctx.files / f"load_balancer-{self.name}.json"

    def record(self) -> Record | None:
        """Return what this incident did last; None where it did nothing.

        Raises:
            ActionFailed: the record cannot be read.
        """
        hint = "Take the actions of before from the step's output in the journal, and set them by hand."
        return load_record(self._path, Record, hint=hint, about="it has what was before")

    def keep(self, record: Record) -> None:
        """Keep a record with the incident's files, and what was before in the journal, too."""
        if self.record() is None:
            self.ctx.log(f"actions before: {json.dumps(record.actions)}")
        keep_record(self._path, record, left_behind="Nothing was changed.")

    def actions_in(self, seen: Seen) -> Sequence[Mapping[str, Any]]:
        """Return the actions as they are, for the way back."""
        return seen.actions if isinstance(seen, Elbv2Seen) else ()

    def pause(self) -> None:
        """Wait between two looks."""
        self.ctx.check_cancelled()
        time.sleep(_BETWEEN_S)

    def try_servers(self, names: Sequence[str], each: int, timeout_s: float = 5.0) -> dict[str, list[dict[str, Any]]]:
        """Send requests from this machine through the frontend, each asking for one target group; return what came."""
        own = self.settings
        if lacks := [name for name in names if self.own.network and name not in self.own.tests]:
            raise ActionFailed(
                f"No request can be led to {', '.join(lacks)} alone: a network load balancer has no rules.",
                f"Make a listener for tests that forwards to {lacks[0]} alone, and name its address (elbv2: tests:). "
                "Or try the application there itself (validation.*, with connect_to).",
                left_behind="Nothing was changed.",
            )
        order = {
            "frontend": own.frontend,
            "path": own.ready,
            "ask_for": own.ask_for,
            "served_by": own.served_by,
            "host_header": own.host_header,
            "timeout_s": timeout_s,
        }
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        for name in [*names] * each:
            self.ctx.check_cancelled()
            found[name].append(send(order | {"frontend": self.own.tests.get(name, own.frontend)}, name))
        return found
