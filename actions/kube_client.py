"""The client that a kubeconfig describes: for systems on a cluster, and for programs in a pod."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journal.errors import CleoError

if TYPE_CHECKING:
    from kubernetes.client import ApiClient


class BadKubeconfig(CleoError):
    """A kubeconfig cannot be read, has no such context, or its credentials cannot be had."""


def load_client(file: Path, context: str) -> ApiClient:
    """Return a client that tries nothing twice: each try would take a deadline of its own.

    Args:
        file: the kubeconfig.
        context: which of its contexts; empty: its current one.

    Raises:
        BadKubeconfig: it is of no use.
    """
    import kubernetes  # noqa: F401  # whole, before a part: threads that each begin with another part get it half made
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, new_client_from_config

    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it would warn on our terminal
    made = Configuration()
    made.retries = False
    load: Any = new_client_from_config
    try:
        found: ApiClient = load(str(file), context or None, persist_config=False, client_configuration=made)
    except (ConfigException, OSError, ValueError, TypeError) as error:
        words = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BadKubeconfig(
            f"The kubeconfig {file} cannot be used: {words}.",
            "Compare it with kubectl config view; log in anew where its credentials come from a program.",
        ) from error
    return found
