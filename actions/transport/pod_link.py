"""The way into one container: a script at a time over a WebSocket, as ``kubectl exec`` does it."""

from __future__ import annotations

import json
import ssl
import time
from typing import Any
from urllib.parse import urlencode

from actions.transport.errors import TransportLost, Unreachable
from actions.transport.link import STILL_THERE, Answer
from actions.transport.pods import Pod, Pods
from actions.transport.scripts import command

_STDIN, _OUT, _ERR, _STATUS = 0, 1, 2, 3
"""The channels of the protocol."""
_PROTOCOL = "v4.channel.k8s.io"
_PIECE = 64 * 1024
_LOOK_S = 0.5


class PodLink:
    """The way into one container of one pod, and never into another.

    Args:
        pods: how its cluster is reached.
        pod: the container.
    """

    def __init__(self, pods: Pods, pod: Pod) -> None:
        self._pods, self._pod = pods, pod
        self.name = f"pod {pod.name}"
        self.address = f"{pod.word} in {pods.spec.namespace}"
        self.relink_s = pods.spec.relink_s
        self.connections = 0
        self.connection_fault = ""

    def run(self, script: bytes, *, timeout_s: float, stdin: bytes = b"") -> Answer:
        """Run a script there and return its answer.

        Raises:
            Unreachable: nothing was started.
            TransportLost: the pod is gone, the link broke, or no answer came within ``timeout_s`` seconds; what was
                sent may have had its effect.
        """
        container = self._pods.again(self._pod)
        socket = self._open(container, _fed(command(script), len(script) + len(stdin)))
        self.connections += 1
        try:
            answer = self._talk(socket, script + stdin, timeout_s)
        finally:
            socket.close()
        self.connection_fault = ""
        return answer

    def _open(self, container: str, line: str) -> Any:
        """Open a session; until it is open nothing was sent."""
        from websocket import WebSocket, WebSocketException

        client: Any = self._pods.client
        path = f"/api/v1/namespaces/{self._pods.spec.namespace}/pods/{self._pod.name}/exec"
        _, url, headers, *_ = client.param_serialize("GET", path, auth_settings=["BearerToken"])
        words = [("command", word) for word in ("sh", "-c", line)]
        asked = urlencode(
            [*words, ("container", container), *((each, "true") for each in ("stdin", "stdout", "stderr"))]
        )
        login = {key.lower(): value for key, value in headers.items()}.get("authorization")
        socket: Any = WebSocket(sslopt=_tls(client.configuration), skip_utf8_validation=True)
        socket.settimeout(self._pods.spec.connect_timeout_s)
        try:
            socket.connect(
                f"ws{url.removeprefix('http')}?{asked}",
                header=[f"Authorization: {login}"] if login else [],
                subprotocols=[_PROTOCOL],
                http_no_proxy=["*"],
            )
        except (WebSocketException, OSError) as error:
            self.connection_fault = f"{self.name} lets nobody in: {' '.join(str(error).split())[:300]}."
            hint = "Check that its node answers, and that the kubeconfig's user may exec (pods/exec: create)."
            raise Unreachable(self.connection_fault, hint) from error
        return socket

    def _talk(self, socket: Any, words: bytes, timeout_s: float) -> Answer:
        """Send what is to be sent, and return what was answered."""
        from websocket import WebSocketException, WebSocketTimeoutException

        end = time.monotonic() + timeout_s
        got = {_OUT: bytearray(), _ERR: bytearray(), _STATUS: bytearray()}
        try:
            for at in range(0, len(words), _PIECE):
                socket.send_binary(bytes([_STDIN]) + words[at : at + _PIECE])
            socket.settimeout(_LOOK_S)
            while not got[_STATUS]:
                if time.monotonic() > end:
                    raise self._lost(f"no answer within {timeout_s:g} s")
                try:
                    data = socket.recv()
                except WebSocketTimeoutException:
                    continue
                piece = data.encode() if isinstance(data, str) else data
                if piece and piece[0] in got:
                    got[piece[0]] += piece[1:]
        except (WebSocketException, OSError) as error:
            raise self._lost(str(error) or type(error).__name__) from error
        return Answer(self._code(bytes(got[_STATUS])), bytes(got[_OUT]), bytes(got[_ERR]))

    def _code(self, status: bytes) -> int:
        """Return the exit status that the last message tells."""
        said = json.loads(status)
        if said.get("status") == "Success":
            return 0
        causes = (said.get("details") or {}).get("causes") or []
        code = next((one.get("message") for one in causes if one.get("reason") == "ExitCode"), None)
        if code is None:
            raise Unreachable(
                f"{self.name} runs nothing: {said.get('message')}.", "Its image needs a shell: sh, dd, head, setsid."
            )
        return int(code)

    def _lost(self, why: str) -> TransportLost:
        self.connection_fault = f"The link to {self.name} was lost: {why}."
        return TransportLost(self.connection_fault, STILL_THERE)


def _fed(line: str, length: int) -> str:
    """Return a command line whose input ends after so many bytes: the protocol itself cannot end it."""
    return f"head -c {length} | {line.removeprefix('exec ')}"


def _tls(configuration: Any) -> dict[str, Any]:
    """Return what the kubeconfig says of certificates."""
    said: dict[str, Any] = {"cert_reqs": ssl.CERT_NONE, "check_hostname": False}
    if configuration.verify_ssl:
        said = {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": configuration.ssl_ca_cert or None}
    if configuration.cert_file:
        said |= {"certfile": configuration.cert_file, "keyfile": configuration.key_file}
    if configuration.tls_server_name:
        said["server_hostname"] = configuration.tls_server_name
    return {key: value for key, value in said.items() if value is not None}
