"""The application is validated at its own door, against a stand-in that reads real stores and can be broken."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from actions.health import Health
from actions.inventory import load_inventory
from actions.overview.measurements import measure
from actions.redaction import Redactor
from cleo_console.world import probes
from cleo_contract import SystemUnderTest
from cleo_contract.declaration import DeclarationContract
from cleo_contract.incident import Work
from cleo_contract.looking import LookingContract
from journal.incident.records import RunState
from tests.actions.systems.validation.application_lab import ApplicationLab, Entry
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("validation")


def _health(lab: ApplicationLab) -> Health:
    return measure(probes(load_inventory(lab.lab.inventory_path))["validation"], 5.0, Redactor())


def test_what_works_passes_and_a_dry_run_signs_nobody_in(lab: ApplicationLab) -> None:
    def patient(entry: Entry) -> None:  # how busy this machine is decides nothing here
        for each in entry["endpoints"]:
            each.pop("within_ms", None)

    api, auth = lab.run("validation.api", patient), lab.run("validation.auth")
    assert (api.state, api.summary) == (RunState.SUCCEEDED, "4 of 4 endpoints are as the inventory says.")
    assert (auth.state, auth.partial) == (RunState.SUCCEEDED, "")
    assert "the expired token: refused (401)" in lab.output(auth)
    before = lab.place.log.read_text().count("/v1/login")
    assert lab.run("validation.auth", dry_run=True).summary.startswith("would sign in")
    assert lab.run("validation.api", dry_run=True).partial == "2 requests not asked"
    assert lab.place.log.read_text().count("/v1/login") == before


@pytest.mark.parametrize(
    ("how", "action", "summary", "severity"),
    [
        ("takes-forged", "validation.auth", "a forged token (signature changed): LET IN (200)", "wrong"),
        ("takes-expired", "validation.auth", "the expired token: LET IN (200)", "wrong"),
        ("wrong-schema", "validation.api", "does not fit the schema: $ breaks required (lacks remembered)", "warning"),
        ("slow", "validation.api", "GET /health took 7", "warning"),
        ("dead", "validation.api", "connection refused", ""),
    ],
)
def test_what_is_broken_fails(lab: ApplicationLab, how: str, action: str, summary: str, severity: str) -> None:
    with lab.broken(how):
        run = lab.run(action)
    assert run.state is RunState.FAILED
    assert summary in run.summary
    assert [finding.severity for finding in run.findings][:1] == ([severity] if severity else [])
    assert "@" not in run.summary, "no row"


def test_a_store_that_is_down_makes_it_red_and_is_named(lab: ApplicationLab) -> None:
    until(lambda: _health(lab).status == "up")
    lab.lab.services["postgres"].stop()
    try:
        until(lambda: _health(lab).detail == "runs, and is not ready: 503: postgres refused")
        run = lab.run("validation.auth")
    finally:
        lab.lab.services["postgres"].start()
    assert run.state is RunState.FAILED
    assert "cannot sign in: /v1/login answers 503. Its /ready answers 503: postgres refused." in run.summary


def test_another_server_is_not_taken_for_it(lab: ApplicationLab) -> None:
    run = lab.run("validation.auth", lambda entry: entry["says"].update(service="another"))
    assert run.state is RunState.FAILED
    assert "another server answers" in run.summary


def test_no_expired_token_is_said_and_proves_less(lab: ApplicationLab) -> None:
    run = lab.run("validation.auth", lambda entry: entry["login"].pop("refused"))
    assert (run.state, run.partial) == (RunState.SUCCEEDED, "no expired token was tried")


def test_a_schema_that_is_none_is_said_before_anything_is_asked(lab: ApplicationLab) -> None:
    def spoil(entry: Entry) -> Any:
        entry["endpoints"][1]["schema"]["type"] = "objekt"

    before = lab.place.log.read_text()
    run = lab.run("validation.api", spoil)
    assert "is no JSON Schema: type" in run.summary
    assert lab.place.log.read_text().replace(before, "").count("/v1/") == 0


def test_our_own_tests_pass_and_each_is_in_the_journal(lab: ApplicationLab) -> None:
    smoke, integration = lab.run("validation.smoke"), lab.run("validation.integration")
    assert (smoke.state, smoke.summary) == (RunState.SUCCEEDED, "4 of 4 tests passed.")
    assert integration.state is RunState.SUCCEEDED
    ended = {name.rpartition("::")[2]: how for name, how in smoke.facts["results"].items()}
    assert ended["test_a_user_is_served"] == "passed"
    with lab.broken("not-ready"):
        red = lab.run("validation.smoke")
    assert red.state is RunState.FAILED
    assert "1 of 4 tests failed" in red.summary
    assert "migrations pending" in red.summary
    assert [finding.about.rpartition("::")[2] for finding in red.findings] == ["test_it_can_serve"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no test was collected"),
        (
            "import pytest\n\n@pytest.mark.skip\ndef test_it(): ...\n",
            "Nothing is proven: 0 of 1 test passed, 1 skipped",
        ),
        ("import nothing_like_it\n", "1 of 1 test failed"),
        ("import os\n\ndef test_it(): os._exit(0)\n", "did not come to its end (ended with exit status 0)"),
    ],
    ids=["empty", "skipped", "broken", "ended"],
)
def test_a_suite_that_proves_nothing_is_not_green(lab: ApplicationLab, tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "test_theirs.py"
    file.write_text(text)
    run = lab.run("validation.smoke", lambda entry: entry.update(smoke={"paths": [str(file)]}))
    assert run.state is RunState.FAILED
    assert words in run.summary


def test_a_load_is_compared_with_the_baseline(lab: ApplicationLab) -> None:
    def any_noise(entry: Entry) -> None:  # how busy this machine is decides nothing here
        entry["load"].update(seconds=1, noise_percent=1_000_000)

    def shorter(entry: Entry) -> None:
        entry["load"].update(seconds=1, noise_percent=400)

    first = lab.run("validation.performance", any_noise)
    assert (first.state, first.partial) == (RunState.SUCCEEDED, "no baseline to compare with")
    assert first.facts["measured"]["requests"] == 20
    known = json.loads(lab.place.baseline.read_text())
    assert first.facts["measured"] == known
    assert lab.run("validation.performance", any_noise).facts["verdict"] == "same"
    known.update(p50_ms=20.0, p95_ms=20.0, p99_ms=20.0)
    lab.place.baseline.write_text(json.dumps(known))
    with lab.broken("slow"):
        slow = lab.run("validation.performance", shorter)
    assert (slow.state, slow.facts["verdict"]) == (RunState.FAILED, "worse")
    assert slow.facts["measured"]["p50_ms"] >= 700
    assert known == json.loads(lab.place.baseline.read_text()), "what is worse becomes no baseline"


def test_the_stores_are_compared_and_counted(lab: ApplicationLab) -> None:
    whole = lab.run("validation.data")
    assert (whole.state, whole.summary) == (RunState.SUCCEEDED, "3 of 3 checks hold.")
    assert all(each["keys"] > 0 for each in whole.facts["checks"].values())

    def same(entry: Entry) -> None:
        entry["data"] = [{**entry["data"][1], "same": True, "name": "m"}]
        entry["data"][0]["exist_in"]["ask"]["sql"] = "SELECT id FROM users WHERE id > 3 UNION SELECT -7"

    run = lab.run("validation.data", same)
    assert (run.state, run.facts["damaged"]) == (RunState.FAILED, True)
    assert run.facts["checks"]["m"]["missing"] == 3
    assert run.facts["checks"]["m"]["extra"] >= 1
    assert run.cures[0].decision == "recovery_point"
    sql = "SELECT nextval('heartbeat_id_seq')"
    writes = lab.run("validation.data", lambda entry: entry["data"][0]["every"]["ask"].update(sql=sql))
    assert "read-only transaction" in writes.summary
    lab.lab.services["redis"].stop()
    try:
        down = lab.run("validation.data")
    finally:
        lab.lab.services["redis"].start()
    assert (down.state, down.facts["damaged"]) == (RunState.FAILED, False)
    assert "2 of 3 checks hold. cached contexts and their users: not compared" in down.summary


class ApplicationUnderTest(SystemUnderTest):
    """The stand-in; its process can be stopped in its tracks."""

    type = "validation"
    roles = ()

    def __init__(self, lab: ApplicationLab) -> None:
        super().__init__(lab.lab.inventory_path)
        self._lab = lab

    def fingerprint(self) -> Mapping[str, object]:
        return {}

    def kept(self) -> Sequence[str]:
        return []

    def lose(self) -> None:
        raise NotImplementedError("It keeps nothing.")

    @contextmanager
    def hangs(self) -> Iterator[None]:
        process = self._lab.place.process()
        assert process
        os.kill(process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process.pid, signal.SIGCONT)

    def stranger(self) -> AbstractContextManager[Callable[[], bool]]:
        raise NotImplementedError("See test_another_server_is_not_taken_for_it.")

    def unseen(self) -> AbstractContextManager[object]:
        return nullcontext()

    def show_secrets(self) -> bool:
        return False


class TestContract(DeclarationContract, LookingContract):
    """What it must declare, and how it is looked at: it has nothing to start or restore."""

    @pytest.fixture
    def system(self, lab: ApplicationLab) -> SystemUnderTest:
        return ApplicationUnderTest(lab)

    @pytest.fixture
    def work(self, system: SystemUnderTest, tmp_path: Path) -> Iterator[Work]:
        with Work(tmp_path / "home", system.inventory, system.name) as found:
            yield found


def test_tokens_are_revoked_and_that_is_tried(lab: ApplicationLab) -> None:
    done = lab.run("validation.revoke_tokens")
    assert done.state is RunState.SUCCEEDED, done.summary
    assert "the token of before: refused (401)" in lab.output(done)
    assert lab.run("validation.auth").state is RunState.SUCCEEDED
    forgiving = lab.run(
        "validation.revoke_tokens", lambda one: one["login"]["revoke"].update(command=["true"], settle_s=1)
    )
    assert forgiving.state is RunState.FAILED
    assert "the token of before: LET IN (200)" in forgiving.summary
    without = lab.run("validation.revoke_tokens", lambda one: one["login"].pop("revoke"))
    assert "does not say how the tokens" in without.summary
