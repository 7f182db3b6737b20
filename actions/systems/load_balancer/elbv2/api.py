"""AWS's API for load balancers (ELBv2), and what its errors mean."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from actions.aws_credentials import CredentialsUnavailable, client_keys
from actions.outcome import ActionFailed
from actions.systems.load_balancer.settings import Elbv2Settings

_NOT_THERE = "Correct the ARN in the inventory; or somebody removed it: look in AWS's own log (CloudTrail)."
_KEYS = "Correct the file of the credentials (credentials, profile)."
_REFUSED = {
    "AccessDenied": (
        "the credentials are not allowed to {do}",
        "Give them elasticloadbalancing:Describe*, ModifyListener and ModifyRule.",
    ),
    "ExpiredToken": ("the credentials' session is over", "Renew them; nobody is let in with the old ones."),
    "InvalidClientTokenId": ("it does not know the access key", _KEYS),
    "SignatureDoesNotMatch": ("the secret key is not the one of the access key", _KEYS),
    "RequestExpired": ("it has another time than this machine", "Set this machine's clock."),
    "Throttling": ("it takes no more requests of this account now", "Run it again in a minute; look what else asks."),
    "LoadBalancerNotFound": ("there is no such load balancer", _NOT_THERE),
    "ListenerNotFound": ("there is no such listener", _NOT_THERE),
    "RuleNotFound": ("there is no such rule", _NOT_THERE),
    "TargetGroupNotFound": ("there is no such target group", _NOT_THERE),
}
_NO_WEIGHTS = "NoWeights"
_REFUSED[_NO_WEIGHTS] = (
    "this partition takes no weights of network load balancers, so that users cannot be moved by steps there",
    "Move them all at once: have the listener forward to the other target group alone (y shows it, without weights), "
    "or by DNS (dns.update). Connections that are open stay until they close.",
)
_SAME = {
    "AccessDeniedException": "AccessDenied",
    "UnauthorizedOperation": "AccessDenied",
    "ExpiredTokenException": "ExpiredToken",
    "UnrecognizedClientException": "InvalidClientTokenId",
    "AuthFailure": "InvalidClientTokenId",
    "InvalidSignatureException": "SignatureDoesNotMatch",
    "ThrottlingException": "Throttling",
    "RequestLimitExceeded": "Throttling",
}
_LOOK = "Look at the network, the address and the certificate of the API. The load balancer itself may well serve on."
_SILENT = {
    "ReadTimeoutError": "it takes the connection, and does not answer",
    "ConnectTimeoutError": "nothing answers at its address",
    "EndpointConnectionError": "nothing listens at its address, or no way leads there",
    "ConnectionClosedError": "it closed the connection without an answer",
}


class ApiTrouble(ActionFailed):
    """The API cannot be used.

    Attributes:
        code: AWS's own word for it; empty where nothing was answered.
        silent: whether nobody answered: then nothing is known of the load balancer.
    """

    code = ""
    silent = False


class Api:
    """The API of one load balancer's region.

    Args:
        settings: where it is, and with which credentials.
        timeout_s: seconds that a connection, and an answer, may take.
        tries: how often a request is sent; each sets whole values, so that a second one does no harm.
    """

    def __init__(self, settings: Elbv2Settings, timeout_s: float = 10.0, tries: int = 4) -> None:
        self.settings = settings
        self._timeout_s = timeout_s
        self._tries = tries

    @cached_property
    def keys(self) -> Mapping[str, str]:
        """The credentials of the inventory's file; none where no file is named.

        Raises:
            ApiTrouble: the file cannot be read, or others can read it.
        """
        try:
            return client_keys(self.settings.credentials, self.settings.profile)
        except CredentialsUnavailable as error:
            raise ApiTrouble(error.message, error.hint) from error

    @cached_property
    def _client(self) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=self._timeout_s,
            read_timeout=self._timeout_s,
            retries={"total_max_attempts": self._tries, "mode": "standard"},
        )
        return boto3.client(
            "elbv2",
            endpoint_url=self.settings.endpoint or None,
            verify=self.settings.certificates or None,
            config=config,
            **{**self.keys, "region_name": self.settings.region},
        )

    def ask(self, do: str, operation: str, **params: Any) -> Mapping[str, Any]:
        """Return the answer to one request.

        Args:
            do: what it does, in words.
            operation: boto3's name of it.
            params: its parameters.

        Raises:
            ApiTrouble: it is refused, or nobody answers.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: Mapping[str, Any] = getattr(self._client, operation)(**params)
        except ClientError as error:
            raise self._refused(error, do) from error
        except (BotoCoreError, OSError) as error:
            raise self._unanswered(error, do, changes=operation.startswith("modify")) from error
        return answer

    def _refused(self, error: Any, do: str) -> ApiTrouble:
        said = error.response.get("Error", {})
        code = str(said.get("Code", ""))
        code = _SAME.get(code, code)
        if "target group weight" in str(said.get("Message", "")):
            code = _NO_WEIGHTS
        words, hint = _REFUSED.get(code, (f"{code}: {said.get('Message', error)}", "See what AWS says of it."))
        found = ApiTrouble(f"AWS's API{self._at} does not {do}: {words.format(do=do)}.", hint)
        found.code = code
        return found

    def _unanswered(self, error: Exception, do: str, *, changes: bool) -> ApiTrouble:
        name = type(error).__name__
        doubt = " Whether the change was made is not known: run load_balancer.verify." if changes else ""
        if name in ("NoCredentialsError", "PartialCredentialsError", "TokenRetrievalError"):
            return ApiTrouble(f"There are no credentials for AWS's API{self._at}: {error}.", "Name them (credentials).")
        found = ApiTrouble(f"AWS's API{self._at} cannot be asked to {do}: {_SILENT.get(name, error)}.{doubt}", _LOOK)
        found.silent = name in _SILENT
        return found

    @property
    def _at(self) -> str:
        return f" at {self.settings.endpoint}" if self.settings.endpoint else f" in {self.settings.region}"
