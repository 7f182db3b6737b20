"""``cleo ready`` where what a recovery rests on drifted, may not be read or has no majority, and where all is down."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.actions.backups.storage.buckets import KEYS, Emulated, emulated_apart
from tests.actions.systems.dns.zones import PRIMARY, SECONDARY, ZONE, DnsLab, dns_lab
from tests.cleo_console.test_cli import Cleo
from tests.labs import Lab, lab_directory, running_stores
from tests.waiting import until

pytestmark = pytest.mark.xdist_group("ready-outages")


def looked(tmp_path: Path, inventory: Path, within_s: float = 60.0) -> dict[str, dict[str, Any]]:
    """What is found, by what it is about; the gravest of a name."""
    done = Cleo(tmp_path)("ready", "--json", "--within", str(within_s), status=None, CLEO_INVENTORY=str(inventory))
    said = sorted(json.loads(done.stdout)["findings"], key=lambda one: one["state"] == "wrong")
    return {one["about"]: one for one in said}


def test_a_secondary_that_no_longer_follows_is_found_before_a_record_moves(tmp_path: Path) -> None:
    about = f"zone at {SECONDARY}"
    with dns_lab() as lab:
        before = looked(tmp_path, lab.inventory)
        lab.reconfigure(SECONDARY, lambda text: text.replace(f"port {lab.place.ports[PRIMARY]}", "port 9"))
        _change_another_name(lab)
        found = looked(tmp_path, lab.inventory)
        lab.reconfigure(SECONDARY, lambda text: text.replace("port 9", f"port {lab.place.ports[PRIMARY]}"))
        until(lambda: lab.serial(PRIMARY) == lab.serial(SECONDARY))
        after = looked(tmp_path, lab.inventory)
    assert (before[about]["state"], after[about]["state"]) == ("ok", "ok")
    assert (found[about]["state"], "does not follow" in found[about]["words"]) == ("wrong", True)
    assert "rndc retransfer" in found[about]["cure"]
    assert "update-dns" in found[about]["steps"]
    assert {one for one in found if found[one]["state"] != before.get(one, {}).get("state")} == {about}


def _change_another_name(lab: DnsLab) -> None:
    """Have somebody else add a name to the zone that the inventory does not know."""
    import dns.query
    import dns.tsig
    import dns.update

    assert lab.settings.key
    update = dns.update.UpdateMessage(ZONE, keyring=dns.tsig.Key(lab.settings.key.name, lab.settings.key.secret.read()))
    update.add(f"other.{ZONE}.", 60, "A", "192.0.2.77")
    assert dns.query.tcp(update, "127.0.0.1", 5, lab.place.ports[PRIMARY]).rcode() == 0


def _few_rights(storage: Emulated) -> None:
    """Have the credentials be those of somebody who may write and list, and read nothing."""
    key, secret = KEYS
    asked = {"aws_access_key_id": key, "aws_secret_access_key": secret, "region_name": "us-east-1"}
    iam = boto3.client("iam", endpoint_url=storage.endpoint, **asked)
    may = [{"Effect": "Allow", "Action": ["s3:PutObject", "s3:ListBucket"], "Resource": "*"}]
    policy = json.dumps({"Version": "2012-10-17", "Statement": may})
    iam.create_user(UserName="few")
    iam.put_user_policy(UserName="few", PolicyName="few", PolicyDocument=policy)
    made = iam.create_access_key(UserName="few")["AccessKey"]
    storage.write_keys(made["AccessKeyId"], made["SecretAccessKey"])


def test_a_bucket_that_our_credentials_may_not_read_is_found_with_what_they_lack(tmp_path: Path) -> None:
    with lab_directory() as directory, emulated_apart(tmp_path) as storage:
        lab = Lab.up(directory, systems=["redis"], backup_minutes=600)
        storage.hold_backups_of("redis", lab.inventory_path)
        full = ("backup", "run", "--type", "full", "--system", "redis")
        Cleo(tmp_path)(*full, CLEO_INVENTORY=str(lab.inventory_path))
        assert looked(tmp_path, lab.inventory_path)["system redis"]["state"] == "ok"
        _few_rights(storage)
        with storage.asking_for_credentials():
            found = looked(tmp_path, lab.inventory_path)
    one = found["backups of redis"]
    assert (one["state"], one.get("stops", True)) == ("wrong", True)
    assert "not allowed to read" in one["words"]
    assert one["cure"] == "Give them read, write and list."
    assert found["system redis"]["state"] == "wrong"
    assert found["user cleo of redis"]["state"] == "ok"


def test_a_set_without_a_majority_is_found_with_who_is_missing(tmp_path: Path) -> None:
    with lab_directory() as directory:
        lab = Lab.up(directory, systems=["mongodb"], standby=True, backup_minutes=600)
        assert looked(tmp_path, lab.inventory_path)["system mongodb"]["state"] == "ok"
        for member in ("mongodb-standby", "mongodb-standby-2"):
            lab.break_(member, "kill")
        until(lambda: _has_no_primary(looked(tmp_path, lab.inventory_path)["system mongodb"]), deadline_s=60)
        found = looked(tmp_path, lab.inventory_path)
    assert found["system mongodb"]["words"].count("does not answer") == 2
    states = {name: found[f"system {name}"]["state"] for name in ("mongodb", "mongodb-standby", "mongodb-standby-2")}
    assert set(states.values()) == {"wrong"}
    assert found["user cleo of mongodb"]["state"] == "ok"


def _has_no_primary(found: dict[str, Any]) -> bool:
    return found["state"] == "wrong" and "the set has no primary: nothing can be written" in found["words"]


def test_of_a_lab_that_is_cold_nothing_is_green_that_was_not_seen_and_it_ends_in_time(tmp_path: Path) -> None:
    with running_stores("files") as lab:
        warm = looked(tmp_path, lab.inventory_path, 30.0)
        lab.stop()
        begun = time.monotonic()
        cold = looked(tmp_path, lab.inventory_path, 30.0)
        took_s = time.monotonic() - begun
    assert took_s < 35.0
    stores = ("postgres", "mongodb", "redis")
    assert {warm[f"system {name}"]["state"] for name in stores} == {"ok"}
    assert {cold[f"system {name}"]["state"] for name in stores} == {"wrong"}
    assert {cold[f"user cleo of {name}"]["state"] for name in stores} == {"not measured"}
    asked = {about for about, one in warm.items() if one["state"] == "ok" and about.endswith(stores)}
    green = {about for about in asked if cold.get(about, {}).get("state") == "ok"}
    assert {about.partition(" of ")[0] for about in green} <= {
        "backups",
        "room for a restore",
        "password",
        "password of cleo_app",
    }
