"""The application behind a front door that talks TLS: found by an address before its name leads there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
import yaml
from msgspec.structs import replace

from actions.by_hand import ByHand, CommandLine, words_of
from actions.inventory import load_inventory
from actions.systems.validation.by_hand import api_by_hand, data_by_hand, performance_by_hand
from actions.systems.validation.http import CannotAsk, ask
from actions.systems.validation.probe import probe
from actions.systems.validation.settings import ValidationSettings
from journal.incident.records import RunState
from tests.actions.systems.validation.application_lab import ApplicationLab, Entry
from tests.actions.systems.validation.tls_front import TlsFront
from tests.certificates import Authority

pytestmark = pytest.mark.xdist_group("validation")

NAME = "api.dr.test"


class Site:
    """The application as a site's front door shows it, and what the inventory says of it."""

    def __init__(self, lab: ApplicationLab, folder: Path) -> None:
        self.lab = lab
        self.ca, self.other = Authority(folder), Authority(folder, "other-ca")
        self.front = TlsFront(lab.place.port, default=self.ca.signed("default", "front.dr.test"))
        self.front.show(NAME, self.ca.signed("right", NAME))
        self.other.itself("itself", NAME)

    def say(self, entry: Entry) -> None:
        entry.update(url=f"https://{NAME}", connect_to=self.front.address, tls_ca_file=str(self.ca.file))
        for each in entry["endpoints"]:
            each.pop("within_ms", None)
        entry["load"].update(seconds=1, per_second=10, noise_percent=1_000_000)

    @contextmanager
    def shows(self, certificate: Path) -> Iterator[None]:
        self.front.show(NAME, certificate)
        yield
        self.front.show(NAME, self.ca.signed("right", NAME))


@pytest.fixture(scope="module")
def site(lab: ApplicationLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(lab, tmp_path_factory.mktemp("certificates"))
    with made.front:
        yield made


@pytest.mark.parametrize(
    "action", ["auth", *(pytest.param(name, marks=pytest.mark.soak) for name in ("api", "performance", "smoke"))]
)
def test_it_is_validated_by_its_name_at_an_address(site: Site, action: str) -> None:
    site.front.asked_for.clear()
    run = site.lab.run(f"validation.{action}", site.say)
    assert run.state is RunState.SUCCEEDED, run.summary
    assert set(site.front.asked_for) == {NAME}
    assert [each for each in run.findings if each.about == "certificate"] == []


def test_a_certificate_that_ends_soon_is_a_finding(site: Site) -> None:
    with site.shows(site.ca.signed("ending", NAME, lasts=timedelta(days=9, hours=1))):
        run = site.lab.run("validation.auth", site.say)
    assert run.state is RunState.SUCCEEDED
    [found] = [each for each in run.findings if each.about == "certificate"]
    assert found.text.startswith(f"ends in 9 days: it is for {NAME}, signed by ca")
    assert "prove by DNS" in found.cure


def test_what_is_wrong_with_a_certificate_is_told_apart(site: Site) -> None:
    with site.shows(site.ca.signed("ended", NAME, lasts=timedelta(days=-3))):
        _told(site, f"the server's certificate has expired: it is for {NAME}", "Is this machine's clock right?")
    with site.shows(site.other.signed("foreign", NAME)):
        _told(site, "not by a CA that is trusted here", "signed by other-ca", "have the server show the whole chain")
    with site.shows(site.ca.signed("default", "front.dr.test")):
        _told(site, "for another name: it is for front.dr.test", f"has no certificate for {NAME}")
    with site.shows(site.other.file.with_name("itself.pem")):
        _told(site, "signed by itself", "Users refuse it, too")


def _told(site: Site, *words: str) -> None:
    entry = deepcopy(yaml.safe_load(site.lab.lab.inventory_path.read_text())["systems"]["validation"])
    site.say(entry)
    settings = msgspec.convert({key: value for key, value in entry.items() if key != "title"}, ValidationSettings)
    with pytest.raises(CannotAsk) as refused:
        ask(settings, "/health")
    assert [each for each in words if each not in f"{refused.value.message} {refused.value.hint}"] == []
    health = probe("validation", settings, None, deadline_s=5)
    assert (health.status, health.facts) == ("not measured", {"reason": "tls"})


@pytest.mark.soak
def test_a_suite_of_theirs_is_told_where_to_connect_and_that_is_not_seen(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "test_theirs.py"
    file.write_text(
        "import os\n\n"
        f"def test_it(): assert os.environ['CLEO_API_CONNECT_TO'] == '{site.front.address}'\n"
        f"def test_ca(): assert os.environ['CLEO_API_CA_FILE'] == '{site.ca.file}'\n"
    )

    def theirs(entry: Entry) -> None:
        site.say(entry)
        entry["smoke"] = {"paths": [str(file)]}

    run = site.lab.run("validation.smoke", theirs)
    assert run.state is RunState.SUCCEEDED, run.summary
    assert [each.about for each in run.findings] == ["the suite"]


@pytest.mark.soak
def test_by_hand_the_same_is_asked(site: Site, tmp_path: Path) -> None:
    said = yaml.safe_load(site.lab.lab.inventory_path.read_text())
    site.say(said["systems"]["validation"])
    (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(said))
    known = ByHand(inventory=load_inventory(tmp_path / "inventory.yaml"), system="validation")
    certificate, health = (_typed(line) for line in api_by_hand(known)[:2])
    assert "subject=CN = right" in certificate
    assert NAME in certificate
    assert health.startswith("200 ")
    assert "20 answers" not in (loaded := _typed(performance_by_hand(known)[0]))
    assert loaded.startswith("10 answers 200\np50 ")
    every, there, compare = data_by_hand(known)[-3:]
    secrets = Path(said["systems"]["redis"]["password"]["file"]).read_text().strip()
    scan = replace(every, argv=[word.replace(" --askpass", "") for word in every.argv], env={"REDISCLI_AUTH": secrets})
    keys = _typed(scan).split()
    assert keys
    assert all(key.isdigit() for key in keys)
    assert "SELECT id FROM users" in there.argv
    assert compare.argv == ["comm", "-23", "every-3", "there-3"]


def _typed(line: CommandLine) -> str:
    done = subprocess.run(words_of(line), capture_output=True, text=True, timeout=60, check=False)
    assert not done.returncode, done.stderr
    return str(done.stdout)
