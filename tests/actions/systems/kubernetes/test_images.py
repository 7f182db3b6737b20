"""What a tag means is asked at a real registry: Debian's docker-registry, also one that wants a password."""

from __future__ import annotations

import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from actions.outcome import ActionFailed
from actions.secrets import Secret
from actions.systems.kubernetes.images import Image, parse_image, resolve
from actions.systems.kubernetes.settings import KubernetesSettings, Registry
from actions.systems.kubernetes.trust import judge
from cleo_console.lab.kubernetes.image import call, make, push
from cleo_console.lab.kubernetes.signing import make_key, sign, sign_as_bundle
from cleo_console.lab.ports import free_port
from journal.errors import CleoError
from tests.waiting import until

pytestmark = pytest.mark.server

_HASH = "dr:$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a"
"""htpasswd's line for the password `secret`."""
IMAGE = make(["/bin/sh"], {"www/version": "1\n"}, busybox=False)


def registry(folder: Path, auth: str = "") -> Iterator[str]:
    """Run a registry, and yield its address."""
    program, port = shutil.which("docker-registry"), free_port()
    assert program, "docker-registry is not installed: make system"
    folder.mkdir()
    config = folder / "registry.yml"
    config.write_text(
        f"version: 0.1\nlog: {{level: error, accesslog: {{disabled: true}}}}\nhttp: {{addr: 127.0.0.1:{port}}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n{auth}"
    )
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen([program, "serve", str(config)], stdout=log, stderr=log) as own,
    ):
        try:
            until(lambda: answers(f"http://127.0.0.1:{port}/v2/"), 20)
            yield f"http://127.0.0.1:{port}"
        finally:
            own.kill()


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    for address in registry(tmp_path_factory.mktemp("plain") / "registry"):
        push(IMAGE, address, "cleoai/api", "stable")
        yield address


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("closed")
    (folder / "htpasswd").write_text(f"{_HASH}\n")
    yield from registry(folder / "registry", f"auth: {{htpasswd: {{realm: lab, path: {folder}/htpasswd}}}}\n")


def settings(*registries: Registry) -> KubernetesSettings:
    return KubernetesSettings(kubeconfig="/k", manifests="/m", registries=list(registries))


def test_a_tag_is_resolved_to_the_digest_that_the_registry_has(plain: str) -> None:
    here = settings(Registry(name="registry.lab", address=plain))
    wanted = [parse_image(f"registry.lab/cleoai/{name}") for name in ("api:stable", "api:old", f"api@{IMAGE.digest}")]
    found = resolve(here, wanted)
    by_tag, old, by_digest = (found[one.text] for one in wanted)
    assert isinstance(by_tag, Image)
    assert by_tag.by_digest == f"registry.lab/cleoai/api@{IMAGE.digest}"
    assert isinstance(old, CleoError)
    assert old.message == "registry.lab has no cleoai/api:old"
    assert isinstance(by_digest, Image)
    assert by_digest.by_digest == f"registry.lab/cleoai/api@{IMAGE.digest}"


def test_a_registry_that_is_not_there_or_wants_a_password_says_so(closed: str, tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("secret")
    password.chmod(0o600)
    asked = parse_image("registry.lab/cleoai/api:stable")
    said = [
        resolve(settings(Registry(name="registry.lab", address=where, **login)), [asked])[asked.text]
        for where, login in (
            ("http://127.0.0.1:9", {}),
            (closed, {}),
            (closed, {"user": "dr", "password": Secret(file=str(password))}),
        )
    ]
    assert all(isinstance(one, CleoError) for one in said)
    assert "Connection refused" in str(said[0])
    assert "does not let us look at cleoai/api (status 401)" in str(said[1])
    assert "has no cleoai/api:stable" in str(said[2]), "it let us in"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of our key and of somebody else's."""
    folders = tmp_path_factory.mktemp("ours"), tmp_path_factory.mktemp("theirs")
    for folder in folders:
        make_key(folder)
    return folders


Signs = Callable[[str, str, str, Path, Path], object]
SIGNS: dict[str, tuple[Signs, str]] = {
    "nobody": (lambda *_: None, "is not signed"),
    "cosign-2": (lambda at, name, digest, ours, theirs: sign(at, name, digest, ours), ""),
    "cosign-3": (lambda at, name, digest, ours, theirs: sign_as_bundle(at, name, digest, ours), ""),
    "somebody": (lambda at, name, digest, ours, theirs: sign(at, name, digest, theirs), "1 signature, none by a key"),
    "somebody-3": (lambda at, name, digest, ours, theirs: sign_as_bundle(at, name, digest, theirs), "none by a key"),
    "provenance": (
        lambda at, name, digest, ours, theirs: sign_as_bundle(at, name, digest, ours, "https://slsa.dev/provenance/v1"),
        "is not signed",
    ),
    "copied": (lambda at, name, digest, ours, theirs: _copied(at, name, digest, ours), "is about another image"),
}


def _copied(at: str, name: str, digest: str, ours: Path) -> None:
    """Put the signature of another image under this one's name."""
    other = "sha256:" + "1" * 64
    sign(at, name, other, ours)
    kind = "application/vnd.oci.image.manifest.v1+json"
    found = f"{at}/v2/{name}/manifests/{other.replace(':', '-')}.sig"
    with urllib.request.urlopen(urllib.request.Request(found, headers={"Accept": kind}), timeout=5) as answer:
        text = answer.read()
    call("PUT", f"{at}/v2/{name}/manifests/{digest.replace(':', '-')}.sig", text, kind)


@pytest.mark.parametrize("by", SIGNS)
def test_an_image_is_trusted_where_a_key_of_the_inventory_signed_it(
    plain: str, keys: tuple[Path, Path], by: str
) -> None:
    signs, doubt = SIGNS[by]
    ours, theirs = keys
    name = f"signed/{by}"
    push(IMAGE, plain, name, "stable")
    signs(plain, name, IMAGE.digest, ours / "cosign.key", theirs / "cosign.key")
    here = msgspec.structs.replace(
        settings(Registry(name="registry.lab", address=plain)), signed_by=[str(ours / "cosign.pub")]
    )
    image = parse_image(f"registry.lab/{name}:stable")
    [found] = judge(here, [msgspec.structs.replace(image, digest=IMAGE.digest)])
    assert doubt in found.doubt
    assert bool(found.doubt) == bool(doubt), found


def test_a_registry_that_gives_no_answer_leaves_it_unmeasured_and_a_moved_tag_is_named(
    keys: tuple[Path, Path],
) -> None:
    silent = settings(Registry(name="registry.lab", address="http://127.0.0.1:9"))
    image = msgspec.structs.replace(parse_image("registry.lab/cleoai/api:stable"), digest=IMAGE.digest)
    [found] = judge(msgspec.structs.replace(silent, signed_by=[str(keys[0] / "cosign.pub")]), [image])
    assert (found.measured, "its signature is not measured" in found.doubt) == (False, True)
    pinned = msgspec.structs.replace(silent, digests={image.text: "sha256:" + "2" * 64})
    [found] = judge(pinned, [image])
    assert found.doubt == f"it means {IMAGE.digest} now; the inventory pins sha256:{'2' * 64}"
    assert judge(silent, [image]) == []
    with pytest.raises(ActionFailed, match="The public key /none cannot be read"):
        judge(msgspec.structs.replace(silent, signed_by=["/none"]), [image])


@pytest.mark.parametrize(
    ("text", "registry_name", "repository", "tag"),
    [
        ("nginx", "docker.io", "library/nginx", "latest"),
        ("cleoai/api:stable", "docker.io", "cleoai/api", "stable"),
        ("localhost:5000/api:1", "localhost:5000", "api", "1"),
        ("registry.example:5000/a/b", "registry.example:5000", "a/b", "latest"),
    ],
)
def test_names_of_images_mean_what_runtimes_make_of_them(
    text: str, registry_name: str, repository: str, tag: str
) -> None:
    found = parse_image(text)
    assert (found.registry, found.repository, found.tag) == (registry_name, repository, tag)
    digest = msgspec.structs.replace(found, digest="sha256:" + "1" * 64)
    assert digest.by_digest == f"{text.removesuffix(f':{tag}')}@sha256:{'1' * 64}"


def test_a_name_that_is_none_is_refused() -> None:
    with pytest.raises(ActionFailed, match="is no name of an image"):
        parse_image("a:b:c@d")
