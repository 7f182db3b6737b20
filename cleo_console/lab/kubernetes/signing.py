"""Signs a lab's images as cosign does with a key: by openssl, whose signatures are the same."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

from cleo_console.lab.kubernetes.image import call, push_blob

_OCI = "application/vnd.oci.image.manifest.v1+json"
_SIMPLE = "application/vnd.dev.cosign.simplesigning.v1+json"
_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
_STATEMENT = "application/vnd.in-toto+json"
SIGNS = "https://sigstore.dev/cosign/sign/v1"


def make_key(folder: Path) -> Path:
    """Make a pair of keys where there is none, and return the public one's file.

    Raises:
        CalledProcessError: openssl does not make it.
    """
    private, public = folder / "cosign.key", folder / "cosign.pub"
    if not public.exists():
        _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(private))
        private.chmod(0o600)
        _openssl("ec", "-in", str(private), "-pubout", "-out", str(public))
    return public


def sign(registry: str, repository: str, digest: str, private: Path) -> None:
    """Sign an image as cosign 1 and 2 do: under the tag ``sha256-….sig``.

    Args:
        registry: the registry's address.
        repository: the image's name there.
        digest: the image.
        private: the private key's file.

    Raises:
        OSError: the registry does not take it.
    """
    identity = {"docker-reference": f"registry.lab/{repository}"}
    critical = {"identity": identity, "image": {"docker-manifest-digest": digest}}
    payload = json.dumps(
        {"critical": {**critical, "type": "cosign container image signature"}, "optional": None}
    ).encode()
    value = {"dev.cosignproject.cosign/signature": base64.b64encode(_signed(payload, private)).decode()}
    layer = {**push_blob(payload, registry, repository, _SIMPLE), "annotations": value}
    _put(registry, repository, f"{digest.replace(':', '-')}.sig", layer)


def sign_as_bundle(registry: str, repository: str, digest: str, private: Path, predicate: str = SIGNS) -> None:
    """Sign an image as cosign 3 does at a registry that knows no referrers: a bundle, under the tag ``sha256-…``.

    Args:
        registry: the registry's address.
        repository: the image's name there.
        digest: the image.
        private: the private key's file.
        predicate: what the statement says of the image.

    Raises:
        OSError: the registry does not take it.
    """
    subject = [{"digest": {"sha256": digest.partition(":")[2]}}]
    statement = {"_type": "https://in-toto.io/Statement/v1", "subject": subject, "predicateType": predicate}
    body = json.dumps({**statement, "predicate": {}}).encode()
    signed = b"DSSEv1 %d %s %d %s" % (len(_STATEMENT), _STATEMENT.encode(), len(body), body)
    value = base64.b64encode(_signed(signed, private)).decode()
    envelope = {"payload": base64.b64encode(body).decode(), "payloadType": _STATEMENT, "signatures": [{"sig": value}]}
    bundle = {"mediaType": _BUNDLE, "verificationMaterial": {"publicKey": {"hint": ""}}, "dsseEnvelope": envelope}
    layer = push_blob(json.dumps(bundle).encode(), registry, repository, _BUNDLE)
    name = f"bundle-{hashlib.sha256(body).hexdigest()[:12]}"
    manifest = _put(registry, repository, name, layer)
    described = {"mediaType": _OCI, "digest": f"sha256:{hashlib.sha256(manifest).hexdigest()}", "size": len(manifest)}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [described]}
    url = f"{registry}/v2/{repository}/manifests/{digest.replace(':', '-')}"
    call("PUT", url, json.dumps(index).encode(), str(index["mediaType"]))


def _put(registry: str, repository: str, tag: str, layer: dict[str, Any]) -> bytes:
    config = push_blob(b"{}", registry, repository, "application/vnd.oci.image.config.v1+json")
    manifest = json.dumps({"schemaVersion": 2, "mediaType": _OCI, "config": config, "layers": [layer]}).encode()
    call("PUT", f"{registry}/v2/{repository}/manifests/{tag}", manifest, _OCI)
    return manifest


def _signed(text: bytes, private: Path) -> bytes:
    return _openssl("dgst", "-sha256", "-sign", str(private), data=text)


def _openssl(*words: str, data: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *words], input=data, capture_output=True, check=True).stdout
