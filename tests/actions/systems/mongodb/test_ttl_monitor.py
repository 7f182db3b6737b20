"""The TTL monitor is kept off in mongod's configuration file, which keeps all else that it says."""

from __future__ import annotations

import pytest
import yaml

from actions.outcome import ActionFailed
from actions.systems.mongodb.config_file import CannotEdit, with_ttl_off, without_ttl_off
from actions.systems.mongodb.ttl_monitor import is_ttl_kept_off, keep_ttl_off, let_ttl_on
from cleo_console.lab.mongodb import server
from tests.actions.systems.mongodb.mongo_lab import MongoLab

pytestmark = pytest.mark.xdist_group("mongodb-start-stop")

FILES = {
    "empty": "# as it was shipped\n",
    "no parameters": "net:\n  port: 27017\n",
    "no newline at its end": "net:\n  port: 27017",
    "parameters": "setParameter:\n    # as the vendor says\n    logLevel: 0\nnet:\n  port: 27017\n",
    "on": "setParameter:\n  ttlMonitorEnabled: true   # ours\n  logLevel: 0\n",
    "off already": "setParameter:\n  ttlMonitorEnabled: false\n",
    "a comment behind": "setParameter: # tuned\n  logLevel: 0\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_one_parameter_is_changed_and_taken_back_to_the_letter(text: str) -> None:
    off = with_ttl_off(text)
    before, after = yaml.safe_load(text) or {}, yaml.safe_load(off)
    assert after["setParameter"].pop("ttlMonitorEnabled") is False
    before.get("setParameter", {}).pop("ttlMonitorEnabled", None)
    assert {**before, "setParameter": before.get("setParameter", {})} == after
    assert with_ttl_off(off) == off
    assert without_ttl_off(off).rstrip("\n") == text.rstrip("\n")


def test_a_file_to_which_no_line_can_be_added_is_left_alone() -> None:
    with pytest.raises(CannotEdit) as raised:
        with_ttl_off("setParameter: {logLevel: 0}\n", "/etc/mongod.conf")
    assert "ttlMonitorEnabled: false" in raised.value.hint


def test_a_file_that_is_no_configuration_is_refused() -> None:
    with pytest.raises(ActionFailed):
        with_ttl_off("- a\n- b\n")


def test_it_stays_off_whoever_restarts_the_server_until_it_is_let_on(mongo: MongoLab) -> None:
    def enabled() -> bool:
        with mongo.session() as client:
            return bool(client.admin.command("getParameter", 1, ttlMonitorEnabled=1)["ttlMonitorEnabled"])

    assert enabled()
    keep_ttl_off(mongo.server())
    assert not enabled()
    assert "TTL monitor is off" in mongo.health().detail
    server.stop(mongo.member)
    server.start(mongo.member)
    server.wait_until_primary(mongo.member)
    assert not enabled()
    assert is_ttl_kept_off(mongo.server())
    let_ttl_on(mongo.server())
    assert enabled()
    assert not is_ttl_kept_off(mongo.server())
