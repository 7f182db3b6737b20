"""Signatures of images, as cosign leaves them in a registry, and whether a key made one of them.

Two forms: of cosign 1 and 2 the tag ``sha256-….sig`` (simple signing), of cosign 3 a Sigstore bundle among the image's
referrers, or under the tag ``sha256-…`` where a registry knows no referrers. Only keys are known: neither certificates
(keyless) nor the transparency log are looked at.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from journal.errors import CleoError

_SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
_BUNDLE = "application/vnd.dev.sigstore.bundle"
_STATEMENT = "application/vnd.in-toto+json"
_SIGNS = "https://sigstore.dev/cosign/sign/v1"
"""What a statement in a bundle is to be; an attestation (how it was built) is signed, too, and signs no image."""
_MOST = 20
"""Signatures that are looked at of one image."""

Get = Callable[[str], tuple[int, bytes]]
"""Gets what lies at a path below an image's repository: the status, and the bytes."""


class NotTold(CleoError):
    """Whether an image is signed cannot be told: its registry does not answer as it should."""


class Signature(NamedTuple):
    """One signature.

    Attributes:
        signed: the bytes that are signed.
        value: the signature of these.
        about: the digest of the image that they are about.
    """

    signed: bytes
    value: bytes
    about: str


def signatures(get: Get, digest: str) -> list[Signature]:
    """Return the signatures of an image.

    Args:
        get: how its registry is asked.
        digest: its digest.

    Raises:
        NotTold: the registry says neither that there are some nor that there are none.
    """
    by_tag = digest.replace(":", "-")
    return [*_simple(get, f"manifests/{by_tag}.sig"), *_bundles(get, digest, by_tag)][:_MOST]


def _simple(get: Get, path: str) -> Iterator[Signature]:
    for layer in (_object(get, path) or {}).get("layers") or []:
        value = (layer.get("annotations") or {}).get("dev.cosignproject.cosign/signature")
        if layer.get("mediaType") == _SIMPLE and value:
            signed = _blob(get, str(layer.get("digest")))
            critical = _parsed(signed).get("critical") or {}
            about = str((critical.get("image") or {}).get("docker-manifest-digest"))
            yield Signature(signed, _decoded(value), about)


def _bundles(get: Get, digest: str, by_tag: str) -> Iterator[Signature]:
    index = _object(get, f"referrers/{digest}", absent=(400, 404, 405)) or {}
    listed = [*(index.get("manifests") or []), *((_object(get, f"manifests/{by_tag}") or {}).get("manifests") or [])]
    for name in list(dict.fromkeys(str(one.get("digest")) for one in listed))[:_MOST]:
        manifest = _object(get, f"manifests/{name}") or {}
        for layer in manifest.get("layers") or []:
            if str(layer.get("mediaType")).startswith(_BUNDLE):
                yield from _bundle(_parsed(_blob(get, str(layer.get("digest")))))


def _bundle(bundle: dict[str, Any]) -> Iterator[Signature]:
    envelope = bundle.get("dsseEnvelope") or {}
    kind, body = str(envelope.get("payloadType")), _decoded(envelope.get("payload") or "")
    statement = _parsed(body) if kind == _STATEMENT else {}
    if statement.get("predicateType") != _SIGNS:
        return
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(body), body)
    for subject in statement.get("subject") or []:
        about = f"sha256:{(subject.get('digest') or {}).get('sha256')}"
        for one in envelope.get("signatures") or []:
            yield Signature(signed, _decoded(one.get("sig") or ""), about)


def made_by(keys: Sequence[bytes], signature: Signature) -> bool:
    """Return whether one of some public keys (PEM) made a signature.

    Raises:
        ValueError: a key is none.
    """
    return any(_made_by(key, signature) for key in keys)


def _made_by(pem: bytes, signature: Signature) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError("it is no public key in PEM") from error
    try:
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signature.value, signature.signed, ECDSA(SHA256()))
        elif isinstance(key, RSAPublicKey):
            key.verify(signature.value, signature.signed, PKCS1v15(), SHA256())
        elif isinstance(key, Ed25519PublicKey):
            key.verify(signature.value, signature.signed)
        else:
            raise ValueError("it is neither an ECDSA, nor an RSA, nor an Ed25519 key")
    except InvalidSignature:
        return False
    return True


def _object(get: Get, path: str, absent: Sequence[int] = (404,)) -> dict[str, Any] | None:
    """Return the object at a path; None where there is none."""
    status, text = get(path)
    if status in absent:
        return None
    if status != 200:
        raise NotTold(
            f"the registry answers {path} with status {status}", "Whether it is signed is not known: ask again."
        )
    return _parsed(text)


def _blob(get: Get, digest: str) -> bytes:
    status, text = get(f"blobs/{digest}")
    if status != 200 or f"sha256:{sha256(text).hexdigest()}" != digest:
        raise NotTold(f"the registry does not give {digest} whole (status {status})", "See the registry's own log.")
    return text


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""
