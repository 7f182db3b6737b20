"""An exporter as people start it, and what it tells."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from prometheus_client.parser import text_string_to_metric_families

from tests.cleo_console.test_cli import Cleo


class Scraped(dict[str, list[tuple[dict[str, str], float]]]):
    """Every value with its labels, by the metric's name."""

    def one(self, name: str, **labels: str) -> float | None:
        """The only value with these labels; None where it is absent."""
        found = [value for has, value in self.get(name, []) if labels.items() <= has.items()]
        assert len(found) <= 1, found
        return found[0] if found else None


class Exporter:
    """A running exporter."""

    def __init__(self, url: str) -> None:
        self.url = url

    def scrape(self) -> Scraped:
        found = Scraped()
        with urlopen(self.url, timeout=10) as answer:
            for family in text_string_to_metric_families(answer.read().decode()):
                for sample in family.samples:
                    found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
        return found

    def send(self, body: bytes, as_type: str = "application/json") -> int:
        """Send an alert; return the answer's status."""
        asked = Request(self.url.replace("/metrics", "/alerts"), body, {"Content-Type": as_type})
        try:
            with urlopen(asked, timeout=10) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code


@contextmanager
def exporter(cleo: Cleo, *words: str) -> Iterator[Exporter]:
    """Start one on a free port, and end it."""
    argv = [str(Path(sys.executable).parent / "cleo"), "exporter", "--listen", "127.0.0.1:0", "--every", "1", *words]
    process = subprocess.Popen(argv, env=cleo.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout
        line = process.stdout.readline()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/metrics\n", line), line + process.stdout.read()
        yield Exporter(line.strip())
    finally:
        process.terminate()
        assert process.wait(timeout=30) == 0
