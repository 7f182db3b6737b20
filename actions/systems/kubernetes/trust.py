"""Whether images are the ones that people vouched for: signed by a key of the inventory, or pinned there by digest."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec

from actions.account import expanded
from actions.context import ActionContext
from actions.gate import decide
from actions.outcome import ActionFailed, Cure, Finding, GateClosed
from actions.systems.kubernetes.images import Image, ask_registry, registry_client
from actions.systems.kubernetes.settings import KubernetesSettings
from actions.systems.kubernetes.signatures import NotTold, made_by, signatures
from journal.wording.counting import count

GATE = "signatures"
_NONE = "no signature was checked: the inventory names no key (signed_by:)"


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one image.

    Attributes:
        image: as the manifests name it.
        doubt: why it is not to be trusted; empty: it is what people vouched for.
        measured: whether that could be told at all.
        words: what was checked.
    """

    image: str
    doubt: str = ""
    measured: bool = True
    words: str = ""


def judge(settings: KubernetesSettings, found: Sequence[Image]) -> list[Trust]:
    """Return what is known of some images; nothing where the inventory names neither keys nor digests.

    Args:
        settings: the keys, the digests, and how registries are reached.
        found: the images, each with its digest.

    Raises:
        ActionFailed: a key cannot be read.
    """
    keys = _keys(settings)
    told = [one for image in found if (one := _pinned(settings, image))]
    if keys:
        with ThreadPoolExecutor(max_workers=8) as pool:
            told += pool.map(lambda image: _signed(settings, keys, image), found)
    return told


def require_trusted(ctx: ActionContext, settings: KubernetesSettings, found: Sequence[Image]) -> list[Finding]:
    """Stop at images that nobody vouched for, unless a person decided otherwise; return what is to be said.

    Raises:
        GateClosed: one is not signed by a key of the inventory, is not what that pins, or nobody can tell.
        ActionFailed: a key cannot be read.
    """
    told = judge(settings, found)
    for one in told:
        ctx.log(
            f"! {one.image}: {one.doubt}" if one.doubt else f"{one.image}: {one.words}", "err" if one.doubt else "out"
        )
    doubts = [one for one in told if one.doubt]
    if doubts:
        words = "; ".join(f"{one.image}: {one.doubt}" for one in doubts)
        closed = GateClosed(
            GATE,
            f"{count(len(doubts), 'image')} of {len(found)} not trusted: {words}. Nothing was pulled.",
            yields="reason",
            cures=[
                Cure(
                    words="Name images in the manifests that are signed, by digest: the last ones that were verified."
                ),
                Cure(words="Or take them as they are: somebody knows them, and says so.", override=GATE),
            ],
        )
        decide(ctx, closed, "Images are taken that are not proven to be ours")
    if not settings.signed_by:
        ctx.log(_NONE)
    return [] if settings.signed_by else [Finding(severity="note", about="images", text=_NONE)]


def trust_findings(settings: KubernetesSettings, found: Sequence[Image]) -> list[Finding]:
    """Return what would stop a pull for want of trust, long before the day when it matters.

    Raises:
        ActionFailed: a key cannot be read.
    """
    cure = "Sign it (cosign sign --key …), or correct signed_by: and digests: in the inventory."
    return [
        Finding(severity="warning", about=one.image, text=one.doubt, cure=cure)
        for one in judge(settings, found)
        if one.doubt
    ]


def _pinned(settings: KubernetesSettings, image: Image) -> Trust | None:
    wanted = settings.digests.get(image.text)
    if wanted is None:
        return None
    if image.digest != wanted:
        return Trust(image=image.text, doubt=f"it means {image.digest} now; the inventory pins {wanted}")
    return Trust(image=image.text, words="as the inventory pins it")


def _signed(settings: KubernetesSettings, keys: Sequence[bytes], image: Image) -> Trust:
    import httpx

    registry = settings.registry(image.registry)
    try:
        with registry_client() as client:

            def get(path: str) -> tuple[int, bytes]:
                answer = ask_registry(client, registry, image, path)
                return answer.status_code, answer.content

            found = signatures(get, image.digest)
    except NotTold as error:
        return Trust(image=image.text, measured=False, doubt=f"its signature is not measured: {error.message}")
    except httpx.HTTPError as error:
        why = str(error) or type(error).__name__
        return Trust(image=image.text, measured=False, doubt=f"its signature is not measured: {why}")
    ours = [one for one in found if made_by(keys, one)]
    if any(one.about == image.digest for one in ours):
        return Trust(image=image.text, words="signed by a key of the inventory")
    if ours:
        return Trust(image=image.text, doubt=f"its signature is about another image ({ours[0].about})")
    if found:
        return Trust(image=image.text, doubt=f"{count(len(found), 'signature')}, none by a key of the inventory")
    return Trust(image=image.text, doubt=f"{image.digest} is not signed")


def _keys(settings: KubernetesSettings) -> list[bytes]:
    """Return the public keys of the inventory."""
    found = []
    for path in settings.signed_by:
        try:
            found.append(expanded(path).read_bytes())
        except OSError as error:
            hint = "Put it there, or correct signed_by: in the inventory. Without it nothing is known to be signed."
            raise ActionFailed(f"The public key {path} cannot be read: {error.strerror}.", hint) from error
    return found
