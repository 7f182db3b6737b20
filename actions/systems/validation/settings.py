"""What an inventory says of the application, as its users meet it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec

from actions.secrets import Secret
from actions.settings import Settings, SystemSettings

Positive = Annotated[int, msgspec.Meta(ge=1)]
Path = Annotated[str, msgspec.Meta(pattern="^/")]


class RevokeSettings(Settings, frozen=True, kw_only=True):
    """How every token that was given out is made worthless, at once.

    Attributes:
        command: program and arguments: another signing key, or the end of every session. No secrets.
        host: where it runs; empty: the application's host.
        run_as: the account that it runs as; empty: the one that we log in as.
        deadline_minutes: minutes after which it is ended.
        settle_s: seconds within which the API must refuse a token of before: it may be started anew, and have caches.
    """

    command: Annotated[list[str], msgspec.Meta(min_length=1)]
    host: str = ""
    run_as: str = ""
    deadline_minutes: Positive = 10
    settle_s: Positive = 60


class LoginSettings(Settings, frozen=True, kw_only=True):
    """How a test user signs in, and what nobody may get without.

    Attributes:
        user: the test user's name.
        password: its password.
        path: where one signs in, by a POST of a JSON object.
        user_field: that object's field for the name.
        password_field: and the one for the password.
        token_field: the answer's field with the token; ``a.b``: the field b of a.
        header: the header that carries the token.
        scheme: what stands in front of the token there; empty: nothing.
        protected: a path that is answered to who signed in, and to nobody else.
        refusals: statuses that count as a refusal beside 401 and 403.
        refused: tokens that must be refused, by what they are. One called ``expired`` is wanted: without it nobody
            knows whether the API looks at the time. In a breach: those of the intruder.
        revoke: how every token is made worthless after a break-in; without it, by hand.
    """

    user: str
    password: Secret
    path: Path = "/v1/login"
    user_field: str = "email"
    password_field: str = "password"
    token_field: str = "token"
    header: str = "Authorization"
    scheme: str = "Bearer"
    protected: Path
    refusals: list[int] = []
    refused: dict[str, Secret] = {}
    revoke: RevokeSettings | None = None


class Endpoint(Settings, frozen=True, kw_only=True):
    """One request that must be answered as it says.

    Attributes:
        path: with its query.
        method: how it is asked.
        body: sent as JSON; empty: nothing is sent.
        login: whether it is asked as the test user.
        status: the status that is right.
        schema: the JSON Schema of the answer, written out (``$ref`` leads into it alone); empty: any answer is right.
        within_ms: milliseconds that it may take, the best of three; 0: any time.
    """

    path: Path
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    body: dict[str, Any] = {}
    login: bool = False
    status: int = 200
    schema: dict[str, Any] = {}
    within_ms: Annotated[int, msgspec.Meta(ge=0)] = 0

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.method} {self.path}"


class SuiteSettings(Settings, frozen=True, kw_only=True):
    """A pytest suite of your own; without `paths`, Cleo's small one is run.

    It gets ``CLEO_API_URL`` and ``CLEO_API_USER`` in its environment, ``CLEO_API_CONNECT_TO`` and ``CLEO_API_CA_FILE``
    where the inventory says so, and no secret: it has its own.

    Attributes:
        paths: what pytest is given: files, folders, names of tests.
        host: where it runs; empty: the application's host, or this machine.
        directory: where it works; empty: the home of the account there.
        python: the Python there that has pytest and what the suite needs; empty: Cleo's own here.
        run_as: the account that it runs as; empty: the one that we log in as.
        environment: further variables. No secrets.
        deadline_minutes: minutes after which it is ended.
    """

    paths: list[str] = []
    host: str = ""
    directory: str = ""
    python: str = ""
    run_as: str = ""
    environment: dict[str, str] = {}
    deadline_minutes: Positive = 30

    def __post_init__(self) -> None:
        """Refuse what pytest would take for an option."""
        if any(path.startswith("-") for path in self.paths):
            raise ValueError("paths are those of tests, and no options of pytest")


class LoadSettings(Settings, frozen=True, kw_only=True):
    """The load with which performance is measured: the endpoints that are only read, in turn.

    Attributes:
        per_second: requests a second, whether or not those before were answered.
        seconds: how long.
        workers: how many of them may wait at once.
        baseline: the file here with the figures that later ones are compared with; a measurement writes it.
        noise_percent: by how much of the baseline times differ by themselves.
    """

    per_second: Positive = 20
    seconds: Positive = 20
    workers: Positive = 16
    baseline: str = ""
    noise_percent: Positive = 25


class KeysOf(Settings, frozen=True, kw_only=True):
    """Keys of a store.

    Attributes:
        system: the store's name in this inventory.
        ask: which keys: of PostgreSQL ``sql`` (a query of one column), of MongoDB ``collection`` and ``field``, of
            Redis ``keys`` (a pattern), ``part`` (a regular expression whose group is the key) and ``database``.
    """

    system: str
    ask: dict[str, str]


class DataCheck(Settings, frozen=True, kw_only=True):
    """One thing that must hold between two stores, or within one.

    Attributes:
        name: what people call it.
        every: keys, each of which…
        exist_in: …must be among these.
        same: whether these must be among those, too: both then have as many.
    """

    name: str
    every: KeysOf
    exist_in: KeysOf
    same: bool = False


class ValidationSettings(SystemSettings, frozen=True, kw_only=True, tag="validation", tag_field="type"):
    """The application's API.

    Attributes:
        url: where users reach it: ``https://api.cleoai.example``.
        connect_to: ADDRESS:PORT to connect to instead, before its name leads there; certificate and Host stay those of
            the url.
        tls_ca_file: a file here with the certificates to trust; empty: the usual ones.
        certificate_days: days before its certificate ends from which on that is a finding.
        health: answered with 200 while it runs.
        ready: answered with 200 while it can serve.
        says: fields of the health's JSON and their values, so that another server is not taken for it.
        login: how a test user signs in.
        endpoints: what users depend on.
        data: what must hold between the stores.
        data_minutes: minutes that reading one of them may take.
        smoke: the shortest proof that it works, as a pytest suite.
        integration: the long one.
        load: how performance is measured.
        deadline_s: seconds that one request may take, all of it.
    """

    url: str
    connect_to: str = ""
    tls_ca_file: str = ""
    certificate_days: Positive = 14
    health: Path = "/health"
    ready: Path = "/ready"
    says: dict[str, str] = {}
    login: LoginSettings | None = None
    endpoints: list[Endpoint] = []
    data: list[DataCheck] = []
    data_minutes: Positive = 30
    smoke: SuiteSettings = SuiteSettings()
    integration: SuiteSettings = SuiteSettings()
    load: LoadSettings = LoadSettings()
    deadline_s: Positive = 10

    def __post_init__(self) -> None:
        """Refuse an address that leads nowhere, or shows a secret."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the url is to be http://HOST or https://HOST")
        if parts.username or parts.password:
            raise ValueError("the url holds a login; everybody sees that in the journal")
        if parts.query or parts.fragment:
            raise ValueError("the url is to have no query: paths are put behind it")
        if self.connect_to and not self.connect_to.rpartition(":")[2].isdigit():
            raise ValueError("connect_to is to be ADDRESS:PORT")
        if any(each.login for each in self.endpoints) and not self.login:
            raise ValueError("an endpoint wants a login, and login: is missing")

    def hosts(self) -> dict[tuple[str, ...], str]:
        """Return the hosts that it names, its suites' included."""
        suites: dict[tuple[str, ...], str] = {
            ("smoke", "host"): self.smoke.host,
            ("integration", "host"): self.integration.host,
        }
        if self.login and self.login.revoke:
            suites["login", "revoke", "host"] = self.login.revoke.host
        return {**SystemSettings.hosts(self), **{where: host for where, host in suites.items() if host}}

    def place(self) -> str:
        """Return its address."""
        return self.url
