"""Puts a record back as soon as somebody changed it, once: what keeps records as its own files have them does that."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import dns.message
import dns.query
import dns.update

_LEAVE_S = 1.0
"""Seconds for which it lets the new value stand: such a program comes round by a schedule."""


def main(address: str, port: str, zone: str, name: str, value: str, key: str, key_file: str) -> None:
    """Watch the record, and put it back."""
    while value in _values(address, int(port), name):
        time.sleep(0.2)
    time.sleep(_LEAVE_S)
    secret = re.search(r'secret "([^"]+)"', Path(key_file).read_text())
    if secret:
        update = dns.update.UpdateMessage(zone, keyring=dns.tsig.Key(key, secret[1]))
        update.replace(name, 20, "A", value)
        dns.query.tcp(update, address, 5, int(port))


def _values(address: str, port: int, name: str) -> list[str]:
    answer = dns.query.udp(dns.message.make_query(name, "A"), address, 5, port)
    return [rdata.to_text() for rrset in answer.answer for rdata in rrset]


if __name__ == "__main__":
    main(*sys.argv[1:])
