"""``validation.smoke`` and ``validation.integration``: pytest suites, run as programs on their host."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from actions.action import action
from actions.by_hand import ByHand, CommandLine
from actions.context import ActionContext
from actions.inventory import Inventory
from actions.outcome import ActionFailed, Finding, Outcome
from actions.systems.validation.application import Application, identity
from actions.systems.validation.junit import Result, read_results
from actions.systems.validation.settings import SuiteSettings, ValidationSettings
from actions.transport import Completed, LocalHost
from journal.wording.counting import count

OURS = Path(__file__).parent / "suite"
_COLLECT_S = 120.0
_READ_S = 60.0
_NOTHING_COLLECTED = 5
_ENDED = (0, 1)
"""pytest's statuses when it ran to its end: all passed, some failed."""
_MOST = 1000
"""Tests whose end is kept by name."""
_IN = 'cd "$1" && shift && exec "$@"'


def smoke_by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return how the smoke tests are run."""
    return _by_hand(known, "smoke")


def integration_by_hand(known: ByHand) -> Sequence[CommandLine]:
    """Return how the integration tests are run."""
    return _by_hand(known, "integration")


@action("validation.smoke", script="tests/dr/test_smoke.py", target=identity, by_hand=smoke_by_hand)
def smoke(ctx: ActionContext) -> Outcome:
    """Run the smoke tests.

    The pytest suite that the inventory names (`smoke`), else a small one of Cleo's own. No test collected, or all of
    them skipped, is no pass. A dry run collects the tests and runs none.

    Needs: pytest on the suite's host (`smoke: python`).

    Leaves: what the tests leave.
    """
    return _run(ctx, "smoke")


@action("validation.integration", script="tests/dr/test_integration.py", target=identity, by_hand=integration_by_hand)
def integration(ctx: ActionContext) -> Outcome:
    """Run the integration tests.

    The pytest suite that the inventory names (`integration`), else a small one of Cleo's own. No test collected, or all
    of them skipped, is no pass. A dry run collects the tests and runs none.

    Needs: pytest on the suite's host (`integration: python`).

    Leaves: what the tests leave.
    """
    return _run(ctx, "integration")


def _run(ctx: ActionContext, name: str) -> Outcome:
    application = Application(ctx)
    suite = _suite(application.settings, name)
    host = _host(ctx.inventory, application.settings, suite)
    what = ", ".join(suite.paths) or f"Cleo's own {name} tests"
    env = _environment(application.settings, suite)
    if not ctx.effect(f"run {what} on {host}"):
        argv = _argv(suite, name, "--collect-only", "-qq")
        collected = ctx.query(host, argv, timeout_s=_COLLECT_S, user=suite.run_as, env=env)
        for line in collected.out.splitlines():
            ctx.log(line)
        _require_tests(collected, what)
        return Outcome(ok=True, summary=f"would run {what} on {host}")
    folder = ctx.query(host, ["mktemp", "-d"], user=suite.run_as).out.strip()
    file = f"{folder}/results.xml"
    argv = _argv(suite, name, f"--junit-xml={file}")
    done = ctx.run("pytest", host, argv, timeout_s=suite.deadline_minutes * 60, user=suite.run_as, env=env)
    text = ctx.query(host, ["cat", file], timeout_s=_READ_S, user=suite.run_as).out
    ctx.query(host, ["rm", "-rf", folder], user=suite.run_as)
    _require_tests(done, what)
    return _outcome(application, done, _read(done, text, what), _which_site(application.settings, suite))


def _host(inventory: Inventory, settings: ValidationSettings, suite: SuiteSettings) -> str:
    """Return the host that a suite runs on: its own, the application's, or this machine.

    Raises:
        ActionFailed: the inventory has no host of this machine.
    """
    here = (name for name, spec in inventory.hosts.items() if isinstance(spec, LocalHost))
    if found := suite.host or settings.host or next(here, ""):
        return found
    raise ActionFailed(
        f"The inventory {inventory.name} has no host to run tests on.",
        "Name this machine under hosts: (here: {via: local}), or give the suite a host:.",
    )


def _suite(settings: ValidationSettings, name: str) -> SuiteSettings:
    return settings.smoke if name == "smoke" else settings.integration


def _argv(suite: SuiteSettings, name: str, *options: str) -> list[str]:
    """Return the command line; Cleo's own suite is kept free of whatever settings lie around it."""
    python = suite.python or sys.executable
    ours = ["-c", "/dev/null", "--rootdir", str(OURS), "--import-mode=importlib", str(OURS / f"test_{name}.py")]
    pytest = [
        python,
        "-m",
        "pytest",
        "-v",
        "--no-header",
        "--tb=short",
        "-p",
        "no:cacheprovider",
        *options,
        *(suite.paths or ours),
    ]
    return ["sh", "-c", _IN, "sh", suite.directory, *pytest] if suite.directory else pytest


def _environment(settings: ValidationSettings, suite: SuiteSettings) -> dict[str, str]:
    """Return what the tests are told; of a secret, Cleo's own learn only where it is."""
    said = {"CLEO_API_URL": settings.url, "CLEO_API_USER": settings.login.user if settings.login else ""}
    more = {"CLEO_API_CONNECT_TO": settings.connect_to, "CLEO_API_CA_FILE": settings.tls_ca_file}
    said |= {name: value for name, value in more.items() if value}
    if not suite.paths:
        said |= {"CLEO_VALIDATION": msgspec.json.encode(settings).decode(), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return {**said, **suite.environment}


def _require_tests(done: Completed, what: str) -> None:
    """Refuse a run in which nothing was tested.

    Raises:
        ActionFailed: no test was collected, or there is no pytest.
    """
    if done.code == _NOTHING_COLLECTED:
        raise ActionFailed(f"{what}: no test was collected, so nothing was tested.", "Correct paths: in the inventory.")
    if "No module named pytest" in done.err:
        raise ActionFailed(f"{what}: its Python has no pytest.", "Install pytest there, or name another python:.")


def _read(done: Completed, text: str, what: str) -> list[Result]:
    """Return what became of each test.

    Raises:
        ActionFailed: pytest did not come to its end, and nobody knows.
    """
    try:
        results = read_results(text)
    except ValueError:
        results = []
    if results and (done.code in _ENDED or any(result.ended == "error" for result in results)):
        return results
    raise ActionFailed(
        f"{what}: pytest did not come to its end ({done.ending}): it is not known what works.",
        "Read what it printed; correct that, and run the step again.",
    )


def _which_site(settings: ValidationSettings, suite: SuiteSettings) -> list[Finding]:
    """Return that a suite of their own may have asked the site that the name still leads to, where that is another."""
    if not settings.connect_to or not suite.paths:
        return []
    text = f"told to connect to {settings.connect_to}; whether it did is not seen: its name may lead to the other site"
    cure = "Have it connect to CLEO_API_CONNECT_TO (curl --connect-to), with CLEO_API_URL's name in TLS and Host."
    return [Finding(severity="warning", about="the suite", text=text, cure=cure)]


def _outcome(application: Application, done: Completed, results: list[Result], asked: list[Finding]) -> Outcome:
    ended = Counter(result.ended for result in results)
    bad = [result for result in results if result.ended in ("failed", "error")]
    ok = done.code == 0 and not bad and ended["passed"] > 0
    skipped = f", {ended['skipped']} skipped" if ended["skipped"] else ""
    summary = f"{ended['passed']} of {count(len(results), 'test')} passed{skipped}."
    if bad:
        summary = f"{len(bad)} of {count(len(results), 'test')} failed: {bad[0].name}: {bad[0].why}."
        summary += application.why_not_ready()
    elif not ok:
        summary = f"Nothing is proven: {summary[:-1]}, and pytest {done.ending}."
    cure = "See what fails together; recover that, then run the suite again."
    return Outcome(
        ok=ok,
        summary=summary,
        facts={
            "tests": len(results),
            **{name: ended[name] for name in ("passed", "failed", "error", "skipped")},
            "results": {result.name: result.ended for result in results[:_MOST]},
        },
        findings=[
            *(
                Finding(severity="warning", about=each.name, text=each.why or each.ended, cure=cure)
                for each in bad[:20]
            ),
            *asked,
        ],
    )


def _by_hand(known: ByHand, name: str) -> list[CommandLine]:
    settings = known.settings(ValidationSettings)
    suite = _suite(settings, name)
    what = f"All of them pass; 0 tests are none.{'' if suite.paths else ' These are the tests that ship with Cleo.'}"
    env = _environment(settings, suite)
    return [CommandLine(argv=_argv(suite, name), what=what, host=suite.host, user=suite.run_as, env=env)]
