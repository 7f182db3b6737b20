"""The commands to type for DNS, typed as they are printed: with dig and nsupdate, at real name servers."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from actions.by_hand import ByHand, typed
from actions.system_type import load
from actions.systems.dns import SYSTEM
from tests.actions.systems.dns.zones import DnsLab, dns_lab

pytestmark = pytest.mark.timeout(300)

NAMES = (("www.dr.test", "A"), ("api.dr.test", "A"), ("api.dr.test", "AAAA"), ("try.dr.test", "CNAME"))


def type_all(dns: DnsLab, folder: Path, name: str) -> str:
    """Type an action's commands in a shell; return what the last of them prints."""
    by_hand = load(SYSTEM.actions[f"dns.{name}"]).by_hand
    assert by_hand
    printed = ""
    for line in by_hand(ByHand(inventory=dns.context().inventory, system="dns")):
        if line.argv and line.argv[0] != "cat":  # the incident's file, of which there is none
            done = subprocess.run(typed(line), shell=True, cwd=folder, capture_output=True, text=True, timeout=60)
            printed = done.stdout + done.stderr
    return printed


def test_what_is_printed_moves_the_records_puts_them_back_and_overwrites_nobodys_change(tmp_path: Path) -> None:
    with dns_lab() as dns:
        before = [dns.values(*name) for name in NAMES]
        assert "status: NOERROR" in type_all(dns, tmp_path, "update")
        assert [dns.values(*name) for name in NAMES] == [["198.51.100.20"], ["198.51.100.21"], [], []]
        assert "status: NOERROR" in type_all(dns, tmp_path, "rollback")
        assert [dns.values(*name) for name in NAMES] == before
        assert "update failed: YXRRSET" in type_all(dns, tmp_path, "rollback")
        assert (tmp_path / "KEY_FILE").stat().st_mode & 0o077 == 0
