"""A Prometheus and an Alertmanager of Debian's, on loopback, for one test."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import yaml

from cleo_console.lab.ports import free_port
from tests.waiting import until


class Alerting:
    """Both, running.

    Args:
        prometheus, alertmanager: their addresses.
    """

    def __init__(self, prometheus: str, alertmanager: str) -> None:
        self._prometheus, self._alertmanager = prometheus, alertmanager

    def targets_up(self) -> bool:
        """Whether everything that is scraped answered."""
        targets = _asked(f"http://{self._prometheus}/api/v1/targets")["data"]["activeTargets"]
        return bool(targets) and all(one["health"] == "up" for one in targets)

    def rules(self) -> set[str]:
        """The alerts that Prometheus has rules for."""
        groups = _asked(f"http://{self._prometheus}/api/v1/rules")["data"]["groups"]
        return {rule["name"] for group in groups for rule in group["rules"]}

    def firing(self) -> set[tuple[str, str]]:
        """What fires in Alertmanager: alert and system."""
        found = _asked(f"http://{self._alertmanager}/api/v2/alerts")
        return {(one["labels"]["alertname"], one["labels"].get("system", "")) for one in found}


@contextmanager
def alerting(folder: Path, rules: Path, metrics: str, webhook: str) -> Iterator[Alerting]:
    """Start both.

    Args:
        folder: for their configurations and data.
        rules: the file of rules.
        metrics: what is scraped, as ``address:port``.
        webhook: where alerts are sent to.
    """
    prometheus, alertmanager = (f"127.0.0.1:{free_port()}" for _ in range(2))
    scraping = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rules)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
        "scrape_configs": [{"job_name": "cleo", "static_configs": [{"targets": [metrics]}]}],
    }
    sending = {
        "route": {"receiver": "cleo", "group_by": ["alertname"], "group_wait": "1s", "group_interval": "2s"},
        "receivers": [{"name": "cleo", "webhook_configs": [{"url": webhook, "send_resolved": True}]}],
    }
    for name, said in (("prometheus.yml", scraping), ("alertmanager.yml", sending)):
        (folder / name).write_text(yaml.safe_dump(said))
    started = {
        alertmanager: [
            "prometheus-alertmanager",
            f"--config.file={folder}/alertmanager.yml",
            "--cluster.listen-address=",
        ],
        prometheus: ["prometheus", f"--config.file={folder}/prometheus.yml"],
    }
    with ExitStack() as stack:
        for address, argv in started.items():
            data = folder / argv[0]
            kept = f"--storage.tsdb.path={data}" if argv[0] == "prometheus" else f"--storage.path={data}"
            stack.enter_context(_running([*argv, kept, f"--web.listen-address={address}"], folder / f"{argv[0]}.log"))
            until(lambda at=address: _ready(at))  # type: ignore[misc]
        yield Alerting(prometheus, alertmanager)


@contextmanager
def _running(argv: list[str], log: Path) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(argv, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=20)


def _ready(address: str) -> bool:
    try:
        with urlopen(f"http://{address}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError):
        return False


def _asked(url: str) -> Any:
    with urlopen(url, timeout=10) as answer:
        return json.load(answer)
