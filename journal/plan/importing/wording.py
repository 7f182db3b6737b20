"""What the words of a title or an item say of its kind: an act, a choice, a checklist, a thing to know."""

from __future__ import annotations

import re

PROCEDURE = [
    r"\b(procedures?|steps?|actions?|checklist|playbook|runbook|response|recovery (plan|process|steps)|how to)\b",
    r"\b(restor(e|ing)|failover|fail ?back|rollback|mitigation|resolution|remediation|remedies|diagnos\w*)\b",
    r"\b(verification|validation|triage|phase)\b",
]
"""Words of a title below which things are done."""
_PROCEDURE = re.compile("|".join(PROCEDURE), re.IGNORECASE)
_ASIDE = re.compile(
    r"post[- ]?(incident|mortem|recovery|failover|restore)|after the (incident|recovery)|lessons|follow[- ]?up|"
    r"roll ?back|fail ?back|"
    r"\bmanual (recovery )?procedures?|troubleshoot|appendi|cleanup|clean up",
    re.IGNORECASE,
)
_AFTER = re.compile(r"post[- ]?(incident|mortem)|after the incident|lessons|follow[- ]?up", re.IGNORECASE)
_INFORMATION = re.compile(
    r"\bsymptoms?\b|\bcauses?\b|when to (use|run|execute|fail)|trigger|indicators?|^impact|background|"
    r"architecture|^context|dependenc|"
    r"^notes?$|^important|considerations|assumptions|severity (levels|definitions|matrix)|definitions?$|glossary|"
    r"roles and responsibilities|^roles|key metrics|meaning|^description$|quick reference|decision tree|faq",
    re.IGNORECASE,
)
_CHECKLIST = re.compile(
    r"acceptance|sign[- ]?off|checklist|criteria|prerequisite|pre-?requisite|requirements|pre-?(flight|check)|"
    r"before you (begin|start)|"
    r"success|done when|exit",
    re.IGNORECASE,
)
_CHOICE = re.compile(r"\b(selection|options?|choose|select|choice)\b", re.IGNORECASE)
_VERB = re.compile(
    r"\W*(?:"
    "access|acknowledge|activate|add|adjust|alert|allow|announce|apply|assemble|assess|assign|"
    "attach|back|begin|block|boot|brief|bring|build|call|cancel|capture|change|check|choose|"
    "clean|clear|close|collect|communicate|compare|complete|configure|confirm|connect|contact|"
    "convene|copy|create|cut|debug|decide|declare|delete|deploy|destroy|detach|detect|determine|"
    "disable|disconnect|do|document|download|drain|drop|enable|engage|ensure|escalate|establish|"
    "estimate|evaluate|execute|export|fail|failover|fence|fetch|find|fix|flush|follow|force|"
    "gather|generate|get|give|go|grant|hold|identify|implement|import|increase|inform|initiate|"
    "inspect|install|invalidate|investigate|isolate|kill|launch|list|load|locate|log|login|"
    "look|maintain|make|mark|measure|migrate|mitigate|monitor|mount|move|navigate|note|notify|"
    "open|page|pause|perform|plan|point|post|power|prepare|preserve|prevent|promote|provide|"
    "provision|publish|pull|push|query|reboot|rebuild|reconcile|reconfigure|reconnect|record|"
    "recover|recreate|redeploy|redirect|reduce|refresh|rejoin|release|reload|remove|rename|repair|"
    "repeat|replace|replay|replicate|report|request|rerun|reset|resolve|restart|restore|resume|"
    "retrieve|return|revert|review|revoke|roll|rollback|rotate|run|save|say|scale|schedule|search|"
    "secure|select|send|set|share|shift|shut|sign|snapshot|spin|start|stop|submit|switch|sync|"
    "synchronize|take|tell|terminate|test|trace|track|transfer|trigger|turn|undo|uninstall|"
    "unlock|unmount|update|upgrade|upload|use|validate|verify|view|visit|wait|warm|warn|watch|"
    "write"
    r")(?![\w-])",
    re.IGNORECASE,
)
"""With these an item begins that says what to do."""


def is_procedure(title: str) -> bool:
    """Return whether prose below a title is something to do, where there is nothing else."""
    return is_act(title) or _PROCEDURE.search(title) is not None


def is_aside(title: str) -> bool:
    """Return whether a phase holds up no recovery: what comes afterwards, or only where something else is wanted."""
    return _ASIDE.search(title) is not None


def is_after(title: str) -> bool:
    """Return whether a phase comes after the incident."""
    return _AFTER.search(title) is not None


def is_information(title: str) -> bool:
    """Return whether what stands below a title is to be known, and not to be done."""
    return _INFORMATION.search(title) is not None


def is_checklist(title: str) -> bool:
    """Return whether the items below a title are ticked by whoever answers for all of them at once."""
    return _CHECKLIST.search(title) is not None


def is_choice(title: str) -> bool:
    """Return whether the items below a title are answers to one question."""
    return _CHOICE.search(title) is not None


def is_act(text: str) -> bool:
    """Return whether an item says what to do: it begins with a verb."""
    return _VERB.match(text) is not None
