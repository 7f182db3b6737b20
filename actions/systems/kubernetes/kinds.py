"""Kinds of objects, and the paths that they lie at."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A kind of object, as the cluster has it.

    Attributes:
        api: its API version, as a manifest has it: ``apps/v1``.
        kind: its name: ``Deployment``.
        plural: as paths have it: ``deployments``.
        namespaced: whether its objects lie in a namespace.
    """

    api: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of its objects in a namespace, or of one of them."""
        where = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root(self.api)}{where}/{self.plural}{f'/{name}' if name else ''}"


def root(api: str) -> str:
    """Return the path of an API version."""
    return f"/apis/{api}" if "/" in api else f"/api/{api}"
