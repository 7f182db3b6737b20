"""Makes docs/inventory.md of what the settings of each type say of their fields. Run: make reference"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAGE = Path(__file__).with_name("inventory.md")
EXAMPLE = "inventory-example.yaml"
_HEAD = """\
# The inventory's fields

Made by `make reference` of what the code says of itself. Change the docstrings, not this page.

One YAML file says which systems there are and how to reach them. It is looked for in `CLEO_INVENTORY`, in
`~/.config/cleo/inventory.yaml`, beside the journals, and last in a running lab. An unknown field, a wrong type, and a
name that leads nowhere are refused, with file and line. Paths are those of the host that is named; those of secrets,
keys and certificates are this machine's, unless their field says otherwise. [An example](#an-example) has all of it.
"""
_HOSTS = "By name, below `hosts:`. Each says how it is reached."
_SYSTEMS = """\
By name, below `systems:`; `--on` takes that name. Each has a `type`, and of these what it needs. A type of your own
(CONTRIBUTING, "Adding a system") brings its own fields.
"""
_SECRETS = "Secrets are named, never written. None of them gets into the journal, whoever prints it."


def page() -> str:
    """Return the page's text."""
    from actions.channels.settings import Communications, Mail, Recipient, Service, StatusPage, Webhook
    from actions.inventory import Inventory
    from actions.secrets import Secret
    from actions.settings import DrillSettings, ErasureSettings, OffsiteSettings, SystemSettings
    from actions.system_type import settings_type
    from actions.system_types import built_in
    from actions.transport.hosts import LocalHost, PodHost, SshHost

    lines = [_HEAD, *_table(Inventory), "", "## Hosts", "", _HOSTS, ""]
    for host in (LocalHost, SshHost, PodHost):
        lines += _section(f"### via: {host.__struct_config__.tag}", host)
    lines += [
        "## Secrets",
        "",
        _SECRETS,
        "",
        *_table(Secret),
        "",
        "## Systems",
        "",
        _SYSTEMS,
        *_table(SystemSettings),
        "",
        *_section("### drill, of every type", DrillSettings),
    ]
    for type_ in built_in().values():
        settings = settings_type(type_)
        lines += _section(f"### type: {type_.name}", settings, below=SystemSettings)
        for name, nested in _nested(settings):
            if nested is DrillSettings:
                continue
            lines += _section(f"#### {type_.name}: {name}", nested)
    lines += _section("## The second place: `offsite`", OffsiteSettings)
    lines += _section("## Who was erased: `erasure`", ErasureSettings)
    lines += _section("## Whom to tell: `communications`", Communications)
    lines += _section("### communications: audiences, exercise", Recipient)
    lines += _section("### communications: status_page, exercise_page", StatusPage)
    for channel in (Mail, Service, Webhook):
        lines += _section(f"### communications: channels, type: {channel.__struct_config__.tag}", channel)
    example = (PAGE.parent / EXAMPLE).read_text(encoding="utf-8").rstrip()
    lines += ["## An example", "", f"[{EXAMPLE}]({EXAMPLE}), which a test loads:", "", "```yaml", example, "```"]
    return "\n".join(lines) + "\n"


def _section(heading: str, struct: type, below: type | None = None) -> list[str]:
    """Return a struct's section: what its docstring says before the fields, and the fields."""
    about = (inspect.getdoc(struct) or "").partition("Attributes:")[0].replace("``", "`").strip()
    return [heading, "", about, "", *_table(struct, below), ""]


def _table(struct: type, below: type | None = None) -> Iterator[str]:
    """Yield the table of a struct's fields, those that are required first.

    Args:
        struct: the struct.
        below: a struct that it derives from: its fields are told there, unless they are others here.
    """
    import msgspec

    told = [(field.name, field.default) for field in msgspec.structs.fields(below)] if below else []
    words = field_words(struct)
    yield from ("| field | | |", "|---|---|---|")
    fields = [field for field in msgspec.inspect.type_info(struct).fields if (field.name, field.default) not in told]
    if silent := [field.name for field in fields if field.name not in words]:
        raise SystemExit(f"{struct.__name__}: its docstring says nothing of {', '.join(silent)} (Attributes:)")
    for field in sorted(fields, key=lambda one: not one.required):
        kind = ", ".join(filter(None, (_kind(field.type), _default(field))))
        yield f"| `{field.name}` | {kind} | {words[field.name].replace('|', chr(92) + '|')} |"


def field_words(struct: type) -> dict[str, str]:
    """Return what the docstrings of a struct, and of those that it derives from, say of each field."""
    found: dict[str, str] = {}
    for each in reversed(struct.__mro__):
        listed = inspect.cleandoc(each.__doc__ or "").partition("Attributes:\n")[2].partition("\n\n")[0]
        for entry in re.split(r"\n(?= {4}\S)", listed):
            names, _, text = entry.strip().partition(": ")
            words = " ".join(text.split()).replace("``", "`")
            found |= {name: words for name in names.split(", ") if words}
    return found


def _nested(struct: type) -> Iterator[tuple[str, type]]:
    """Yield the structs within a struct, by the field that has them."""
    import msgspec

    for field in msgspec.inspect.type_info(struct).fields:
        for inner in _structs(field.type):
            yield field.name, inner
            yield from ((f"{field.name}.{name}", each) for name, each in _nested(inner))


def _structs(info: Any) -> Iterator[type]:
    """Yield the structs that a field's type has in it; a secret is told once, and not here."""
    from actions.secrets import Secret

    if hasattr(info, "cls") and hasattr(info, "fields") and info.cls is not Secret:
        yield info.cls
    for each in (*getattr(info, "types", ()), *([info.item_type] if hasattr(info, "item_type") else [])):
        yield from _structs(each)


def _default(field: Any) -> str:
    """Return what a field is where it is not said; empty: nothing."""
    if field.required:
        return "**required**"
    if isinstance(field.default, bool):
        return "`yes`" if field.default else ""
    only = len(getattr(field.type, "values", ())) == 1
    said = isinstance(field.default, str | int | float) and field.default and not only
    return f"`{field.default}`" if said else ""


def _kind(info: Any) -> str:
    """Return the words for a field's type."""
    from msgspec import inspect as look

    from actions.secrets import Secret

    match info:
        case look.UnionType():
            return _kind(info.types[0])
        case look.ListType():
            return f"list of {_kind(info.item_type)}"
        case look.LiteralType():
            return " or ".join(f"`{value}`" for value in info.values)
        case look.EnumType():
            return " or ".join(f"`{each.value}`" for each in info.cls)
        case look.StructType():
            return "[secret](#secrets)" if info.cls is Secret else "fields"
        case look.DictType():
            return "by name"
        case look.StrType() | look.BoolType():
            return "text" if isinstance(info, look.StrType) else "yes or no"
        case _:
            return _number(info)


def _number(info: Any) -> str:
    """Return the words for a number's type, with its bounds."""
    word = "whole number" if type(info).__name__ == "IntType" else "number"
    if info.le is not None:
        return f"{word} from {info.ge} to {info.le}"
    least = f" from {info.ge:g}" if info.ge is not None else f" above {info.gt:g}" if info.gt is not None else ""
    return word + least


if __name__ == "__main__":
    sys.path.insert(0, str(PAGE.parent.parent))
    PAGE.write_text(page(), encoding="utf-8")
