"""Images: what a tag means at its registry now, and the digests that this incident pulled."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Self

import msgspec

from actions.kept_record import keep_record, load_record
from actions.outcome import ActionFailed
from actions.systems.kubernetes.manifests import TAG
from actions.systems.kubernetes.settings import KubernetesSettings, Registry
from journal.errors import CleoError

if TYPE_CHECKING:
    import httpx

_ASK_S = 10.0
"""Seconds that a registry may take for one answer."""
_MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_HUB = "docker.io"


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """An image as a manifest names it.

    Attributes:
        text: as it is written.
        registry: where it is pulled from.
        repository: its name there.
        tag: its tag; empty where it is named by digest alone.
        digest: its digest; empty where it is named by tag alone.
    """

    text: str
    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def by_digest(self) -> str:
        """It by its digest: what a node pulls then is this image and no other."""
        name = re.sub(r":[\w][\w.-]*$", "", self.text.partition("@")[0])
        return f"{name}@{self.digest}"


def parse_image(text: str) -> Image:
    """Return what an image's name means, as container runtimes read it.

    Raises:
        ActionFailed: it is none.
    """
    match = TAG.match(text)
    if not match:
        raise ActionFailed(f"{text} is no name of an image.", "Mend it in the manifests.")
    first, _, rest = match["name"].partition("/")
    if not rest or not ("." in first or ":" in first or first == "localhost"):
        first, rest = _HUB, match["name"] if rest else f"library/{match['name']}"
    digest = match["digest"] or ""
    return Image(
        text=text, registry=first, repository=rest, digest=digest, tag=match["tag"] or ("" if digest else "latest")
    )


class Pulled(msgspec.Struct, frozen=True, kw_only=True):
    """What an incident resolved and pulled.

    Attributes:
        digests: the images by digest, by what the manifests call them.
    """

    digests: dict[str, str] = {}

    @classmethod
    def of(cls, folder: Path, system: str) -> Self:
        """Return what is written down for a system.

        Raises:
            ActionFailed: it cannot be read.
        """
        hint = "It says which images were pulled. Run kubernetes.pull_images again."
        return load_record(_path(folder, system), cls, hint=hint) or cls()

    def keep(self, folder: Path, system: str) -> None:
        """Write it down, flushed and read back.

        Raises:
            ActionFailed: the disk does not take it.
        """
        keep_record(_path(folder, system), self)


def resolve(settings: KubernetesSettings, wanted: list[Image]) -> dict[str, Image | CleoError]:
    """Return each image with its digest, or why its registry does not tell it; all are asked at once.

    Args:
        settings: how registries are reached.
        wanted: the images.
    """
    with ThreadPoolExecutor(max_workers=8) as pool:
        asked = {one.text: pool.submit(_resolved, settings.registry(one.registry), one) for one in wanted}
        return {text: one.result() for text, one in asked.items()}


def registry_client() -> httpx.Client:
    """Return a client that asks a registry for manifests and blobs."""
    import httpx

    return httpx.Client(
        timeout=_ASK_S, follow_redirects=True, headers={"Accept": ", ".join((*_MANIFESTS, "*/*;q=0.1"))}
    )


def _resolved(registry: Registry, image: Image) -> Image | CleoError:
    import httpx

    try:
        with registry_client() as client:
            answer = _asked(client, registry, image)
    except httpx.HTTPError as error:
        words = "no answer in time" if isinstance(error, httpx.TimeoutException) else str(error) or type(error).__name__
        return CleoError(
            f"{registry.name}: {words}", "See whether the registry is reached from here (registries: in the inventory)."
        )
    except CleoError as error:
        return error
    if answer.status_code != 200:
        return _refusal(registry, image, answer.status_code)
    digest = "sha256:" + hashlib.sha256(answer.content).hexdigest()
    if image.digest and digest != image.digest:
        return CleoError(
            f"{registry.name} has something else under {image.digest}: {digest}", "Do not use this registry."
        )
    return msgspec.structs.replace(image, digest=digest)


def _asked(client: httpx.Client, registry: Registry, image: Image) -> httpx.Response:
    """Ask for an image's manifest."""
    return ask_registry(client, registry, image, f"manifests/{image.digest or image.tag}")


def ask_registry(client: httpx.Client, registry: Registry, image: Image, path: str) -> httpx.Response:
    """Ask for what lies at a path below an image's repository; where the registry wants a token, with one."""
    host = "https://registry-1.docker.io" if registry.name == _HUB else f"https://{registry.name}"
    url = f"{registry.address or host}/v2/{image.repository}/{path}"
    login = (registry.user, registry.password.read()) if registry.password else None
    answer = client.get(url)
    wanted = answer.headers.get("WWW-Authenticate", "")
    if answer.status_code != 401:
        return answer
    if wanted.lower().startswith("basic"):
        return client.get(url, auth=login) if login else answer
    said = dict(re.findall(r'(\w+)="([^"]*)"', wanted))
    if "realm" not in said:
        return answer
    asked = {key: said[key] for key in ("service", "scope") if key in said}
    granted = client.get(said["realm"], params=asked, auth=login)
    if granted.status_code != 200:
        return granted
    found = granted.json()
    return client.get(url, headers={"Authorization": f"Bearer {found.get('token') or found.get('access_token')}"})


def _refusal(registry: Registry, image: Image, status: int) -> CleoError:
    if status in (401, 403):
        words = (
            "Give it user and password (registries: in the inventory)."
            if not registry.user
            else "Its password is not taken."
        )
        return CleoError(f"{registry.name} does not let us look at {image.repository} (status {status})", words)
    if status == 404:
        what = f"{image.repository}{f':{image.tag}' if image.tag else ''}{f'@{image.digest}' if not image.tag else ''}"
        return CleoError(f"{registry.name} has no {what}", "Push it there, or name another image in the manifests.")
    if status == 429:
        return CleoError(
            f"{registry.name} takes no more requests for now (429)", "Wait, or log in: registries: in the inventory."
        )
    return CleoError(f"{registry.name} answers with status {status}", "See the registry's own log.")


def _path(folder: Path, system: str) -> Path:
    return folder / f"kubernetes-images-{system}.json"
