"""What the programs that work in a side instance have in common: a request, an answer, and the two servers.

Each is called with the path of a file that holds its request, which it removes as soon as it is read; or with ``-``:
the request is its input. It says how far it is, a line now and then, and at its end a line with the answer as JSON.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from actions.systems.mongodb.dump_layout import BUCKETS
from actions.systems.mongodb.programs.private_server import DoesNotRun, private_server
from actions.systems.mongodb.programs.request import Reached, client_of
from actions.systems.mongodb.programs.source import process_of
from journal.errors import CleoError
from journal.structs import from_json

if TYPE_CHECKING:
    from pymongo import MongoClient
    from pymongo.errors import PyMongoError

SAYS, REFUSES = "said ", "refuses "
"""What the line with the answer begins with; and the one with a refusal, and what helps."""
FAILED = 1


class SideServer(msgspec.Struct, frozen=True, kw_only=True):
    """How a side instance's mongod is run: the program, its data directory, its log, and its options."""

    mongod: str
    data: str
    log: str
    options: Sequence[str] = ()


Asked = TypeVar("Asked", bound=msgspec.Struct)


class CannotAsk(CleoError):
    """One of the servers cannot be asked."""


def run_program(argv: Sequence[str], type_: type[Asked], work: Callable[[Asked], msgspec.Struct]) -> int:
    """Do what a request says, print the answer, and return the exit status."""
    from pymongo.errors import PyMongoError

    try:
        if argv[0] == "-":
            data = sys.stdin.buffer.read()
        else:
            data = Path(argv[0]).read_bytes()
            Path(argv[0]).unlink()
        answer = work(from_json(data, type_))
    except CannotAsk as error:
        print(f"{REFUSES}{msgspec.json.encode([error.message, error.hint]).decode()}", flush=True)
        return FAILED
    except PyMongoError as error:
        print(f"ERROR: {without_content(error)}", file=sys.stderr)
        return FAILED
    except (CleoError, DoesNotRun, OSError, msgspec.DecodeError) as error:
        print(f"ERROR: {error}", file=sys.stderr)
        return FAILED
    print(f"{SAYS}{msgspec.json.encode(answer).decode()}", flush=True)
    return 0


@contextmanager
def side_client(side: SideServer) -> Iterator[MongoClient[dict[str, Any]]]:
    """Run the side instance's mongod for the length of the block, and open a session with it.

    Raises:
        DoesNotRun: it does not start, or did not end as it should.
    """
    Path(side.log).unlink(missing_ok=True)  # mongod would keep one for each start
    with private_server(side.mongod, Path(side.data), Path(side.log), side.options) as server:
        with server.client(tz_aware=True) as client:
            yield client
        server.stop()


@contextmanager
def real_client(reached: Reached) -> Iterator[MongoClient[dict[str, Any]]]:
    """Open a session with the real server, which must be the process that was proven to be it.

    Raises:
        CannotAsk: another process answers, or it cannot be asked.
    """
    from pymongo.errors import PyMongoError

    with client_of(reached, "cleo side") as client:
        try:
            hello = client.admin.command("hello")
        except PyMongoError as error:
            raise CannotAsk(f"MongoDB at {reached.where}: {without_content(error)}.", "See its log.") from error
        if process_of(hello) != reached.process:
            words = f"Another server process answers at {reached.where} than before: it was started again."
            raise CannotAsk(words, "See why in its log; then run the step again.")
        yield client


def without_content(error: PyMongoError) -> str:
    """Return an error's words without what they may quote of documents."""
    from pymongo.errors import OperationFailure

    if isinstance(error, OperationFailure):
        said = error.details or {}
        name = str(said.get("codeName") or error.code)
        words = str(said.get("errmsg", "")) if "writeErrors" not in said else ""
        return f"{name}: {_cut(words)}" if words else name
    return _cut((str(error).splitlines() or [type(error).__name__])[0].partition(", full error")[0])


def _cut(words: str) -> str:
    return words.partition("dup key")[0].partition("{")[0].strip()


def stored(name: str, one: dict[str, Any]) -> str:
    """Return the collection that the documents of what ``listCollections`` tells of lie in."""
    return f"{BUCKETS}{name}" if one["type"] == "timeseries" else name
