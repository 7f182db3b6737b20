"""``validation.api``: every endpoint that users depend on answers with the right status, form and speed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from actions.action import action
from actions.context import ActionContext, Progress
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.validation.application import Application, identity
from actions.systems.validation.by_hand import api_by_hand
from actions.systems.validation.http import Answer, CannotAsk, ask
from actions.systems.validation.settings import Endpoint
from journal.wording.counting import count

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_LOOKS = ("GET", "HEAD")
_TRIES = 3
"""Of a request that took too long: the first after a recovery meets cold caches."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one endpoint.

    Attributes:
        endpoint: which.
        trouble: what is not as it should be; empty: nothing.
        ms: milliseconds of the fastest answer; 0: none came.
        first_ms: and of the first.
    """

    endpoint: Endpoint
    trouble: str = ""
    ms: int = 0
    first_ms: int = 0


@action("validation.api", script="dr_test_api.sh", target=identity, by_hand=api_by_hand)
def check_api(ctx: ActionContext) -> Outcome:
    """Check the API's endpoints.

    Each one of the inventory's is asked, and its status, its answer (by JSON Schema) and the time it took are compared
    with what is said there. What took too long is asked three times, and the fastest answer counts. A dry run asks what
    changes nothing and wants no login.

    Needs: the API, and `endpoints` in the inventory; where one wants a login, the test user.

    Leaves: what the inventory's own requests leave: a POST may make something.
    """
    application = Application(ctx)
    endpoints = application.settings.endpoints
    if not endpoints:
        raise ActionFailed(
            f"The inventory names no endpoints of {application.name}: nothing was asked.",
            "Add those that users depend on (endpoints:), or call them by hand and note what came back.",
        )
    validators = [_validator(endpoint) for endpoint in endpoints]
    application.require_ours()
    headers = _signed_in(application)
    seen = []
    for number, (endpoint, validator) in enumerate(zip(endpoints, validators, strict=True)):
        ctx.progress(Progress(fraction=number / len(endpoints), text=endpoint.name))
        ctx.check_cancelled()
        if not _may_ask(ctx, endpoint, signed_in=headers is not None):
            continue
        seen.append(_look(application, endpoint, validator, (headers or {}) if endpoint.login else {}))
        _log(ctx, seen[-1])
    return _outcome(application, seen)


def _signed_in(application: Application) -> dict[str, str] | None:
    """Return the header with the test user's token, where an endpoint wants it; None in a dry run."""
    if not any(each.login for each in application.settings.endpoints):
        return {}
    if not application.ctx.effect(f"sign in as {application.login().user}"):
        return None
    return application.with_token(application.sign_in())


def _may_ask(ctx: ActionContext, endpoint: Endpoint, *, signed_in: bool) -> bool:
    if endpoint.login and not signed_in:
        ctx.log(f"would ask {endpoint.name} as the test user")
        return False
    return endpoint.method in _LOOKS or ctx.effect(f"ask {endpoint.name}")


def _validator(endpoint: Endpoint) -> Validator | None:
    """Return what checks an endpoint's answers; None: any will do.

    Raises:
        ActionFailed: its schema is none.
    """
    if not endpoint.schema:
        return None
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for
    from referencing import Registry

    class_ = validator_for(endpoint.schema)
    try:
        class_.check_schema(endpoint.schema)
    except SchemaError as error:
        at = "/".join(str(part) for part in error.path)
        raise ActionFailed(
            f"The schema of {endpoint.name} in the inventory is no JSON Schema: {at or 'it'}: {error.message}",
            "Correct it; nothing was asked.",
        ) from error
    made: Validator = class_(endpoint.schema, registry=Registry(), format_checker=class_.FORMAT_CHECKER)
    return made


def _look(
    application: Application, endpoint: Endpoint, validator: Validator | None, headers: Mapping[str, str]
) -> Seen:
    """Ask one endpoint, again where that was too slow and asking again changes nothing."""
    took: list[int] = []
    trouble = ""
    tries = _TRIES if endpoint.within_ms and endpoint.method in _LOOKS else 1
    while len(took) < tries:
        try:
            answer = ask(
                application.settings, endpoint.path, method=endpoint.method, body=endpoint.body or None, headers=headers
            )
        except CannotAsk as error:
            return Seen(endpoint=endpoint, trouble=error.message)
        took.append(answer.ms)
        trouble = _wrong_answer(endpoint, validator, answer)
        if trouble or not endpoint.within_ms or answer.ms <= endpoint.within_ms:
            break
    if not trouble and endpoint.within_ms and min(took) > endpoint.within_ms:
        trouble = f"took {min(took)} ms at best, and may take {endpoint.within_ms} ms"
    return Seen(endpoint=endpoint, trouble=trouble, ms=min(took), first_ms=took[0])


def _wrong_answer(endpoint: Endpoint, validator: Validator | None, answer: Answer) -> str:
    """Return what is wrong with an answer: where in it, and by which rule; never what it holds."""
    if answer.status != endpoint.status:
        return f"answers {answer.status}, not {endpoint.status}"
    if validator is None:
        return ""
    found = answer.json()
    if found is None:
        return "its answer is no JSON"
    errors: list[Any] = list(validator.iter_errors(found))
    if not errors:
        return ""
    first = min(errors, key=lambda error: list(map(str, error.absolute_path)))
    more = f", and {len(errors) - 1} more" if errors[1:] else ""
    return f"its answer does not fit the schema: {first.json_path} breaks {_rule(first)}{more}"


def _rule(error: Any) -> str:
    """Return the rule that an answer breaks, as the schema has it: messages of the library quote the answer."""
    lacking = ""
    if error.validator == "required" and isinstance(error.instance, dict):
        lacking = f" (lacks {', '.join(name for name in error.validator_value if name not in error.instance)})"
    value = error.validator_value
    return f"{error.validator}{lacking or (f' {value}' if isinstance(value, str | int | float) else '')}"


def _log(ctx: ActionContext, seen: Seen) -> None:
    if seen.trouble:
        ctx.log(f"{seen.endpoint.name}: {seen.trouble}", "err")
        return
    again = f" (the first took {seen.first_ms} ms)" if seen.first_ms > seen.ms else ""
    ctx.log(f"{seen.endpoint.name}: {seen.endpoint.status}, {seen.ms} ms{again}")


def _outcome(application: Application, seen: list[Seen]) -> Outcome:
    bad = [each for each in seen if each.trouble]
    why = application.why_not_ready() if bad else ""
    left = len(application.settings.endpoints) - len(seen)
    good = len(seen) - len(bad)
    summary = f"{good} of {count(len(seen), 'endpoint')} {'is' if good == 1 else 'are'} as the inventory says."
    if bad:
        summary = f"{len(bad)} of {count(len(seen), 'endpoint')} fail: {bad[0].endpoint.name} {bad[0].trouble}.{why}"
    return Outcome(
        ok=not bad,
        summary=summary,
        facts={"endpoints": len(seen), "failed": len(bad), "slowest_ms": max((each.ms for each in seen), default=0)},
        findings=[
            Finding(severity="warning", about=each.endpoint.name, text=each.trouble, cure="Read the API's log.")
            for each in bad
        ]
        + application.certificate_findings(),
        partial=f"{count(left, 'request')} not asked" if left else "",
    )
