"""What Route 53 says where it does not do what it is asked, and why nothing comes back from it: each told apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from actions.aws_credentials import CredentialsUnavailable
from journal.errors import CleoError

MAY_BE_MADE = frozenset({"no answer"})
"""The request may have arrived: whether it was carried out is not known."""
BUSY = frozenset({"throttled", "busy"})
"""It was refused now, and may be taken a moment later."""

_RIGHTS = "route53:GetHostedZone, ListResourceRecordSets, ChangeResourceRecordSets and GetChange"
_RENEW = "Renew them; those of a role or a user without a session last."
_CODES: Mapping[str, tuple[str, str, str]] = {
    "Throttling": (
        "throttled",
        "takes no more requests now (five a second for the whole account)",
        "Try again in a minute; find what else asks so often (external-dns, Terraform, certbot).",
    ),
    "PriorRequestNotComplete": (
        "busy",
        "still works at somebody's earlier change of this zone",
        "See who changes it (CloudTrail: ChangeResourceRecordSets), then run it again.",
    ),
    "NoSuchHostedZone": (
        "no zone",
        "has no hosted zone of that id in this account",
        "Correct zone_id in the inventory, or take credentials of the account that has it.",
    ),
    "AccessDenied": ("denied", "does not allow it to these credentials", f"Give them {_RIGHTS} for this zone."),
    "ExpiredToken": ("expired", "says that the credentials' session is over", _RENEW),
    "InvalidClientTokenId": (
        "unknown key",
        "does not know the access key",
        "Correct the file of the credentials; was the key taken back?",
    ),
    "SignatureDoesNotMatch": (
        "wrong key",
        "says that the secret key is not the one of the access key, or this machine's clock is wrong",
        "Correct the credentials, and compare the clock (chronyc tracking).",
    ),
    "InvalidChangeBatch": ("invalid", "does not take the change", "Compare the zone's record sets with the inventory."),
    "NoSuchChange": ("no change", "knows no such change", "Look at the zone's record sets: they tell what was made."),
}
_SAME = {
    "ThrottlingException": "Throttling",
    "RequestLimitExceeded": "Throttling",
    "AccessDeniedException": "AccessDenied",
    "ExpiredTokenException": "ExpiredToken",
    "RequestExpired": "SignatureDoesNotMatch",
    "InvalidInput": "InvalidChangeBatch",
    "UnrecognizedClientException": "InvalidClientTokenId",
}
_CHANGED = ("do not match the current values", "but it was not found", "but it already exists")
"""In Route 53's words: a record set is not as it was read."""

_LOOK = (
    "Look at this machine's way to the internet, and at the AWS status page. The zone itself is served all the same."
)
_NEVER_SENT: Mapping[str, tuple[str, str]] = {
    "ConnectTimeoutError": ("nothing answers at its address", _LOOK),
    "EndpointConnectionError": ("nothing listens at its address, or no way leads there", _LOOK),
    "ProxyConnectionError": ("the proxy does not let us through", _LOOK),
    "SSLError": (
        "its certificate is not trusted, or it speaks no TLS",
        "Name the certificates to trust (certificates), or correct the endpoint.",
    ),
}
_NO_KEYS = (
    "this machine has no credentials that boto3 finds",
    "Name a file under credentials: in the inventory, or give this machine a role.",
)
_CREDENTIALS = frozenset(
    {
        "NoCredentialsError",
        "PartialCredentialsError",
        "CredentialRetrievalError",
        "TokenRetrievalError",
        "SSOTokenLoadError",
        "UnauthorizedSSOTokenError",
        "ProfileNotFound",
    }
)


class Route53Trouble(CleoError):
    """Route 53 did not do what it was asked; ``why`` says so in a word.

    Args:
        why: the word.
        words: what was seen, to be read behind "Route 53".
        hint: what to do next.
    """

    def __init__(self, why: str, words: str, hint: str) -> None:
        super().__init__(f"Route 53 {words}", hint)
        self.why = why
        self.words = words


@contextmanager
def told_apart() -> Iterator[None]:
    """Turn what boto3 raises into a `Route53Trouble`. Credentials are in none of it."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    try:
        yield
    except ClientError as error:
        raise _of_answer(error.response) from error
    except CredentialsUnavailable as error:
        raise Route53Trouble("no credentials", f"cannot be asked: {error.message.rstrip('.')}", error.hint) from error
    except (BotoCoreError, HTTPClientError, OSError) as error:
        name = type(error).__name__
        if name in _CREDENTIALS:
            words, hint = _NO_KEYS
            raise Route53Trouble("no credentials", f"cannot be asked: {words} ({name})", hint) from error
        if name in _NEVER_SENT:
            words, hint = _NEVER_SENT[name]
            raise Route53Trouble("unreachable", f"cannot be reached: {words}", hint) from error
        raise Route53Trouble("no answer", f"was asked, and gave no answer ({name})", _LOOK) from error


def _of_answer(response: Mapping[str, Any]) -> Route53Trouble:
    """Return what an answer means that is an error."""
    said = response.get("Error", {})
    code, message = str(said.get("Code", "")), _message(response)
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = _SAME.get(code, code)
    if code not in _CODES and status == 403:
        code = "AccessDenied"
    if code == "InvalidChangeBatch" and any(words in message for words in _CHANGED):
        return Route53Trouble("changed", f"has a record that is not as it was read ({message})", "")
    if code in _CODES:
        why, words, hint = _CODES[code]
        return Route53Trouble(why, f"{words} ({code}: {message})", hint)
    if status >= 500:
        return Route53Trouble("no answer", f"gave an error of its own ({status} {code})", "See the AWS status page.")
    return Route53Trouble("other", f"refuses: {code} {message}", "Look the code up in Route 53's API reference.")


def _message(response: Mapping[str, Any]) -> str:
    """Return what an error says: of a change that is invalid, each of its messages."""
    said = response.get("Error", {})
    more = response.get("Messages") or response.get("messages") or said.get("Messages") or []
    words = [str(said.get("Message") or ""), *(str(one) for one in (more if isinstance(more, list) else [more]))]
    return "; ".join(dict.fromkeys(one.rstrip(".") for one in words if one)) or "no reason given"
