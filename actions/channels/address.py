"""Apprise addresses: whether one can be used, and what of it is a key."""

from __future__ import annotations

import re

from actions.channels.apprise_log import said

_ELSEWHERE = {
    "mailto": "mail",
    "mailtos": "mail",
    "json": "webhook",
    "jsons": "webhook",
    "xml": "webhook",
    "xmls": "webhook",
    "form": "webhook",
    "forms": "webhook",
}
"""What has a type of its own: Apprise takes any 200 for a success there, or writes to whom the address names."""


def why_unusable(address: str) -> str:
    """Return why an address cannot be used, without a word of it; empty where it can."""
    from apprise import Apprise

    scheme = address.partition("://")[0].casefold()
    if instead := _ELSEWHERE.get(scheme):
        return f"the address begins with {scheme}://: write a channel of type: {instead}"
    with said():
        return "" if Apprise.instantiate(address) else "the address that is kept there is none that Apprise knows"


def keys_in(address: str) -> list[str]:
    """Return the pieces of an address that are keys, or may be: none of them may be written."""
    pieces = [address, *re.split(r"[/:@?&=#]+", address.partition("://")[2])]
    return [piece for piece in pieces if len(piece) >= 8]  # a shorter one would blot out words
