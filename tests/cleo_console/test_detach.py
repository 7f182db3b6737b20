"""How a runner survives a logout, by what logind says."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from cleo_console.detach import detachment


def logind(kill: str, linger: str):  # type: ignore[no-untyped-def]  # noqa: ANN201
    def ask(argv: Sequence[str]) -> str:
        return kill if argv[0] == "busctl" else linger

    return ask


@pytest.mark.parametrize(
    ("uid", "kill", "linger", "prefix", "warned"),
    [
        (0, "b true", "Linger=no", (), False),
        (1000, "", "", (), False),
        (1000, "b false", "Linger=no", (), False),
        (1000, "b true", "Linger=yes", ("systemd-run", "--user", "--scope"), False),
        (1000, "b true", "Linger=no", (), True),
    ],
)
def test_what_logind_says_decides(uid: int, kill: str, linger: str, prefix: tuple[str, ...], warned: bool) -> None:
    found = detachment(uid=uid, user="oncall", ask=logind(kill, linger))
    assert found.prefix[: len(prefix)] == prefix
    assert bool(found.prefix) == bool(prefix)
    assert ("enable-linger" in found.warning) == warned
