"""Names that people type and compare: plain letters only, so that no two look alike and none acts on a terminal."""

from __future__ import annotations

import re

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,99}")


def strange(name: str) -> str:
    """Return what is wrong with a name, in words; empty where nothing is.

    Control characters, letters of other scripts that look like ours, markup and blanks are refused.
    """
    if _NAME.fullmatch(name):
        return ""
    shown = ascii(name if len(name) <= 40 else f"{name[:40]}…")
    return (
        f"{shown} is no name: plain letters, digits and . _ @ + - only, so that it can be typed and none looks like it"
    )
