"""What a document says of the time before an incident: tests, backups, alerts, monitoring, and where things are."""

from __future__ import annotations

import re
from typing import Any

from journal.plan.importing.draft import Draft
from journal.plan.importing.labelled import pairs, records
from journal.plan.importing.objectives import data_class
from journal.plan.importing.outline import Block, Code, Document, Heading, Items, codes, take
from journal.plan.importing.times import duration_in
from journal.plan.importing.topics import about, topic
from journal.wording.durations import Duration

_EVERY = {
    "month": r"\bmonth(ly)?\b",
    "quarter": r"\bquarter(ly)?\b|\b3 months\b",
    "year": r"\b(annual(ly)?|year(ly)?|12 months)\b",
}
_CRON = re.compile(r"^\s*((?:[\d*/,-]+\s+){4}[\d*/,A-Za-z-]+|@(?:hourly|daily|weekly|monthly))\s+(?:root\s+)?(\S.*)$")
_COMPARED = re.compile(r"time\(\)\s*-\s*(\d{1,9})|_seconds\S*\s*>=?\s*(\d{1,9})")


def read_tests(document: Document, draft: Draft) -> None:
    """Take what is tested every month, quarter and year."""
    found: dict[str, list[str]] = {}
    for heading in about(document, "tests"):
        here = _every(heading.name)
        for block in heading.blocks:
            for item in block.items if isinstance(block, Items) else ():
                every = here or _every(item.head.text)
                if every and not item.taken:
                    words = item.head.rest if not here and _every(item.head.lead) else item.head.text
                    found.setdefault(every, []).append(words)
                    take(item)
        for record in records(heading.blocks):
            every = next((each for text in record.cells.values() if (each := _every(text))), "") or here
            if every:
                found.setdefault(every, []).append(record.first)
                record.block.taken = True
    if found:
        draft.data["tests"] = [{"every": every, "items": found[every]} for every in _EVERY if every in found]


def _every(text: str) -> str:
    return next((every for every, words in _EVERY.items() if re.search(words, text, re.IGNORECASE)), "")


def read_machinery(document: Document, draft: Draft) -> None:
    """Take schedules of backups, alert rules and monitors, wherever a block of them is."""
    for heading in document.root.walk():
        for block, above in codes(heading.blocks, heading.name):
            if block.language in ("yaml", "yml", ""):
                _manifest(block, above, draft)
            if not block.taken:
                _crontab(block, above, draft)
        _take_items(heading.blocks)


def _take_items(blocks: list[Block]) -> None:
    """Take the items above what was taken, where nothing else is left of them."""
    for block in blocks:
        for item in block.items if isinstance(block, Items) else ():
            if item.blocks and all(isinstance(inner, Code) and inner.taken for inner in item.blocks):
                item.taken = True


def _crontab(block: Code, above: str, draft: Draft) -> None:
    rows = [row for row in block.rows if row.strip() and not row.lstrip().startswith("#")]
    if not rows or not all(map(_CRON.match, rows)):
        return
    title = ""
    for row in block.rows:
        if row.lstrip().startswith("#"):
            title = row.lstrip("# ").strip()
        elif match := _CRON.match(row):
            _backup(draft, title or above, match.group(1), match.group(2).strip(), f"{title} {above}")
            title = ""
    take(block)


def _backup(draft: Draft, title: str, schedule: str, command: str, words: str) -> None:
    entry = {"title": title, "schedule": schedule, "command": command, "data": data_class(draft, words)}
    draft.data.setdefault("backups", []).append(entry)


def _manifest(block: Code, above: str, draft: Draft) -> None:
    """Take what of a YAML block a plan has a place for."""
    import yaml

    try:
        documents = list(yaml.safe_load_all("\n".join(block.rows)))
    except yaml.YAMLError as error:
        if block.language:
            draft.unread(block.line, f"a YAML block that cannot be read: {' '.join(str(error).split())[:120]}")
            take(block)
        return
    file = next((row.strip("# ") for row in block.rows[:1] if re.match(r"#\s*\S+\.ya?ml\s*$", row)), "")
    found = [_take_manifest(each, above, file, draft) for each in documents if isinstance(each, dict)]
    if found and all(found):
        take(block)


def _take_manifest(each: dict[str, Any], above: str, file: str, draft: Draft) -> bool:
    name = str((each.get("metadata") or {}).get("name", "")) if isinstance(each.get("metadata"), dict) else ""
    if each.get("kind") == "CronJob":
        container = _container(each)
        schedule = str((each.get("spec") or {}).get("schedule", ""))
        _backup(draft, name, schedule, " ".join(map(str, container.get("command") or [container.get("image")])), above)
        _place(draft, f"{above}: CronJob {name}", file)
        return True
    if each.get("kind") in ("ServiceMonitor", "PodMonitor"):
        _monitor(each, name, file, draft)
        return True
    rules = _alert_rules(each.get("spec") if each.get("kind") == "PrometheusRule" else each)
    draft.data.setdefault("alerts", []).extend(_alert(rule, draft) for rule in rules)
    if rules:
        draft.data.setdefault("monitoring", {})["alert rules"] = file or above
    return bool(rules)


def _container(each: dict[str, Any]) -> dict[str, Any]:
    at: Any = each
    for key in ("spec", "jobTemplate", "spec", "template", "spec", "containers", 0):
        try:
            at = at[key]
        except (KeyError, TypeError, IndexError):
            return {}
    return at if isinstance(at, dict) else {}


def _monitor(each: dict[str, Any], name: str, file: str, draft: Draft) -> None:
    spec = each.get("spec") or {}
    endpoint = (spec.get("endpoints") or spec.get("podMetricsEndpoints") or [{}])[0]
    labels = ((spec.get("selector") or {}).get("matchLabels") or {}).items()
    said = {"manifest": file, "apiVersion": each.get("apiVersion"), "kind": each.get("kind"), "name": name}
    said |= {"selector": ", ".join(f"{key}={value}" for key, value in labels), **endpoint}
    draft.data.setdefault("monitoring", {}).update({key: str(value) for key, value in said.items() if value})


def _alert_rules(data: Any) -> list[dict[str, Any]]:
    groups = data.get("groups") if isinstance(data, dict) else None
    rules = [rule for group in groups or [] if isinstance(group, dict) for rule in group.get("rules") or []]
    return [rule for rule in rules if isinstance(rule, dict) and rule.get("alert")]


def _alert(rule: dict[str, Any], draft: Draft) -> dict[str, str]:
    expr, summary = str(rule.get("expr", "")), str((rule.get("annotations") or {}).get("summary", ""))
    wait = duration_in(str(rule.get("for", ""))) or Duration(0)
    compared = _COMPARED.search(expr)
    threshold = int(next(filter(None, compared.groups()))) if compared else 0
    severity = str((rule.get("labels") or {}).get("severity", "not stated"))
    entry = {
        "name": str(rule["alert"]),
        "expr": expr,
        "wait": str(wait),
        "after": str(Duration(wait + threshold)),
        "severity": severity,
        "summary": summary,
    }
    data = data_class(draft, summary)
    return entry | ({"data": data} if data else {})


def read_places(document: Document, draft: Draft) -> None:
    """Take where things are."""
    for heading in about(document, "places"):
        for pair in pairs(heading.blocks):
            above = re.sub(r"\s*locations?\b", "", heading.name, flags=re.IGNORECASE).strip()
            _place(draft, f"{above}, {pair.label.lower()}" if _short(pair.label) else pair.label, pair.text)
            take(pair.block)
        for items in (block for block in heading.blocks if isinstance(block, Items)):
            for item in items.items:
                if not item.taken and not item.blocks and re.search(r"https?://|/\S+\.\w+", item.head.text):
                    _place(draft, re.sub(r"\s*\(.*\)$", "", item.head.text), item.head.text)
                    take(item)


def _short(label: str) -> bool:
    return " " not in label


def _place(draft: Draft, name: str, place: str) -> None:
    if place:
        places = draft.data.setdefault("places", {})
        places[name if name not in places else f"{name} ({len(places) + 1})"] = place


def is_routine(heading: Heading) -> bool:
    """Return whether a heading is of something that is read elsewhere, and holds no steps of its own."""
    return topic(heading) not in ("", "procedure", "scenarios")
