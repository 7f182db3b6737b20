"""What a drill from off site would need and the inventory does not say lies there is named, before anything is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.inventory import load_inventory
from actions.outcome import ActionFailed
from actions.registry import registry
from journal.yamlfile.problem import BadFile
from tests.actions.contexts import FakeContext

FILES = {
    "type": "files",
    "host": "here",
    "directory": "/srv/app/files",
    "repository": "/srv/restic",
    "password": {"file": "/etc/cleo/restic"},
    "snapshot_host": "here",
}
CONFIGURATION = {
    "type": "configuration",
    "host": "here",
    "directory": "/srv/app/conf",
    "remote": "git@git.example:ops",
    "paths": ["conf"],
    "mirror": "/srv/mirror",
    "environment": {"GIT_SSH_COMMAND": "ssh -i /etc/cleo/git"},
}
REDIS = {
    "type": "redis",
    "host": "here",
    "data_directory": "/srv/redis",
    "service": {"manager": "command", "start": ["redis-server"], "log": "/srv/redis.log"},
    "backups": {"repository": "s3://bucket/shop", "credentials": "/etc/cleo/bucket"},
}
POSTGRES = {
    "type": "postgres",
    "host": "here",
    "data_directory": "/srv/pg/data",
    "service": {"manager": "pg_ctl", "log": "/srv/pg/log"},
    "backups": {"repository": "s3://bucket", "config": "/etc/pgbackrest.conf"},
}


BUCKET_AWAY = {
    "backups_site": "dr",
    "repository": "s3:https://rgw/b/one",
    "credentials": "/etc/cleo/bucket",
    "drill": {"password": {"file": "/media/safe/restic"}},
}


def context(folder: Path, system: dict[str, Any], **more: Any) -> FakeContext:
    described = {
        "name": "shop",
        "allows": ["DRILL"],
        "hosts": {"here": {"via": "local"}},
        "offsite": {"place": "/mnt/second"},
        "systems": {"one": system | more},
    }
    path = folder / "inventory.yaml"
    path.write_text(yaml.safe_dump(described))
    return FakeContext(load_inventory(path), system="one")


@pytest.mark.parametrize(
    ("system", "more", "needs", "field"),
    [
        (FILES, {}, "the password of one", "systems: one: drill: password"),
        (FILES, BUCKET_AWAY, "the credentials of s3:https://rgw/b/one", "systems: one: drill: credentials"),
        (CONFIGURATION, {}, "the commits of one", "systems: one: backups_site"),
        (CONFIGURATION, {"backups_site": "dr"}, "the keys that open git@git", "systems: one: drill: environment"),
        (REDIS, {"backups_site": "dr"}, "the credentials of s3://bucket", "systems: one: drill: credentials"),
        (POSTGRES, {"backups_site": "dr"}, "in its own configuration on here alone", "second place"),
        (POSTGRES, {}, "in no folder or bucket that is copied to /mnt/second", "backups_site"),
    ],
)
def test_it_is_named_with_where_to_name_it(
    tmp_path: Path, system: dict[str, Any], more: dict[str, Any], needs: str, field: str
) -> None:
    ctx = context(tmp_path, system, **more)
    with pytest.raises(ActionFailed, match=needs) as refused:
        ctx.do(registry()[f"{system['type']}.drill"], source="offsite")
    assert field in f"{refused.value.hint} {refused.value.cures}"
    assert ctx.effects == []


def test_a_host_for_drills_that_is_not_there_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no such host under hosts"):
        context(tmp_path, FILES, drill={"host": "dr1"})
