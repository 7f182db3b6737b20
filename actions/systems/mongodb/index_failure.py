"""Why an index cannot be built, in words that hold no document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from actions.outcome import Finding
from actions.systems.mongodb.duplicates import DUPLICATE, duplicates

if TYPE_CHECKING:
    from pymongo import MongoClient


def index_failure(
    client: MongoClient[dict[str, Any]], namespace: str, spec: Mapping[str, Any], error: Exception
) -> Finding:
    """Return what a server says against an index, as a finding with what helps.

    Args:
        client: the server.
        namespace: the collection.
        spec: the index.
        error: what the driver raised.
    """
    code = getattr(error, "code", None)
    about = f"{namespace} {spec['name']}"
    if code == DUPLICATE:
        fields = ", ".join(spec["key"])
        text = f"the unique index over {fields} cannot be built: {duplicates(client, namespace, spec)}"
        cure = "Keep the writers out; decide which of each to keep, remove the others by hand, rebuild the indexes."
        return Finding(severity="wrong", about=about, text=text, cure=cure)
    words = str((getattr(error, "details", None) or {}).get("codeName") or type(error).__name__)
    return Finding(severity="wrong", about=about, text=f"cannot be built: {words} ({code})", cure="See the log.")
