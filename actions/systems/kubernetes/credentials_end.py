"""Until when a cluster's certificates and our credentials for it are good."""

from __future__ import annotations

import json
import ssl
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from actions.kube_client import written_token
from actions.readiness.certificates import judged
from actions.systems.kubernetes.cluster import Cluster
from actions.systems.kubernetes.refusals import NoCluster
from journal.readiness.finding import ReadyFinding

_HTTPS = 443


def look_at_ends(cluster: Cluster, system: str, seconds: float) -> Iterator[ReadyFinding]:
    """Yield until when the kubeconfig's certificates and token, and the API server's own certificate are good.

    A token that a login program or a file gives is renewed by whoever writes it, and is not looked at.

    Args:
        cluster: the cluster.
        system: its name in the inventory.
        seconds: how long the API server may take to show its certificate.
    """
    try:
        known, address = cluster.configuration, urlsplit(cluster.address)
    except NoCluster as error:
        yield _unseen(f"kubeconfig of {system}", error.message, error.hint, system)
        return
    for what, file in (("client certificate", known.cert_file), ("certificate authority", known.ssl_ca_cert)):
        if file:
            yield _of_file(f"{what} in the kubeconfig of {system}", Path(file), system)
    settings = cluster.settings
    if ends := token_end(written_token(settings.kubeconfig_file, settings.context)):
        yield judged(f"token in the kubeconfig of {system}", ends, system)
    if address.scheme == "https":
        yield _of_server(address.hostname or "", address.port or _HTTPS, system, seconds)


def token_end(token: str) -> datetime | None:
    """Return until when a JSON web token is good; None: it is none, or has no end."""
    try:
        middle = token.split(".")[1]
        said = json.loads(urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return datetime.fromtimestamp(said["exp"], UTC)
    except (IndexError, ValueError, KeyError, TypeError, OverflowError):
        return None


def _of_file(about: str, file: Path, system: str) -> ReadyFinding:
    try:
        return judged(about, _end(file.read_bytes()), system)
    except (OSError, ValueError) as error:
        return _unseen(about, f"it cannot be read: {error}", "Compare it with kubectl config view.", system)


def _of_server(host: str, port: int, system: str, seconds: float) -> ReadyFinding:
    about = f"certificate of the API server of {system}"
    try:
        return judged(about, _end(ssl.get_server_certificate((host, port), timeout=seconds).encode()), system)
    except (OSError, ValueError) as error:
        return _unseen(about, f"it does not show one: {error}", "See whether it answers: cleo health.", system)


def _end(pem: bytes) -> datetime:
    """Return the end of the first certificate of a PEM file.

    Raises:
        ValueError: there is none.
    """
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(pem).not_valid_after_utc


def _unseen(about: str, words: str, cure: str, system: str) -> ReadyFinding:
    return ReadyFinding(about=about, state="not measured", words=words, cure=cure, systems=[system], stops=False)
