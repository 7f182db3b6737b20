"""Imports what a team has as a plan: reads it, makes the plan, and says what it could not read."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

from journal.errors import CleoError
from journal.plan.importing.beginnings import read_about, read_overview
from journal.plan.importing.draft import Draft, Known, Note
from journal.plan.importing.finish import finish
from journal.plan.importing.leftovers import list_unread, tell_information
from journal.plan.importing.markdown import read_markdown
from journal.plan.importing.objectives import read_objectives
from journal.plan.importing.people import read_compliance, read_people
from journal.plan.importing.phases import read_phases
from journal.plan.importing.routine import read_machinery, read_places, read_tests
from journal.plan.importing.scenarios import read_scenarios
from journal.yamlfile.yaml_source import read_bytes, read_yaml, utf8


class Imported(NamedTuple):
    """A plan that was imported.

    Attributes:
        data: the plan's data, as a plan file has it.
        notes: what was not taken over, and what was filled in, in the order of the lines.
        places: the file and line each step came from, by its id.
        sha256: the digest of what was imported.
    """

    data: dict[str, Any]
    notes: list[Note]
    places: dict[str, tuple[str, int]]
    sha256: str


def import_plan(path: Path, known: Known, content: bytes | None = None) -> Imported:
    """Return the plan that a runbook in Markdown, a folder of scripts or an Ansible playbook makes.

    Args:
        path: the file or the folder.
        known: the actions to which its commands are bound, and the systems they act on.
        content: the file's, where it was read already.

    Raises:
        CleoError: it cannot be read, or holds no step.
    """
    draft = Draft(str(path), known)
    if path.is_dir():
        from journal.plan.importing.scripts import read_scripts

        return _made(draft, path, read_scripts(path, draft))
    content = read_bytes(path) if content is None else content
    if path.suffix in (".yml", ".yaml"):
        _read_yaml(path, content, draft)
    else:
        _read_document(draft.without_secrets(utf8(path, content).removeprefix("\ufeff")), draft)
    return _made(draft, path, hashlib.sha256(content).hexdigest())


def _read_yaml(path: Path, content: bytes, draft: Draft) -> None:
    from journal.plan.importing.ansible import is_playbook, read_playbook

    source = read_yaml(path, draft.without_secrets(utf8(path, content).removeprefix("\ufeff")).encode(), aliases=True)
    if not is_playbook(source):
        raise CleoError(
            f"{path} is no Ansible playbook: that is a list of plays.", "A plan file is checked: cleo plan check."
        )
    read_playbook(path, source, draft)


def _made(draft: Draft, path: Path, sha256: str) -> Imported:
    if not draft.data.get("phases"):
        listed = "\n".join(map(str, draft.notes))
        raise CleoError(
            f"{path} holds no step that could be read.{chr(10) * bool(listed)}{listed}",
            "Steps are numbered items, checklists, blocks of shell, rows of a table with a column 'step' or 'action'.",
        )
    data = finish(draft)
    notes = sorted(draft.notes, key=lambda note: (note.file, note.line))
    return Imported(data, notes, draft.places, sha256)


def _read_document(text: str, draft: Draft) -> None:
    document = read_markdown(draft.file, text)
    read_about(document, draft)
    read_objectives(document, draft)
    read_people(document, draft)
    read_compliance(document, draft)
    read_machinery(document, draft)
    read_tests(document, draft)
    read_places(document, draft)
    scenarios = read_scenarios(document, draft)
    read_overview(document, draft)
    read_phases(document, draft, scenarios)
    tell_information(document, draft)
    list_unread(document, draft)
