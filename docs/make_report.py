"""Makes the example of a report in docs, of a made-up incident of five minutes. Run: make pictures"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).parent
HEAD = "7f3a09bc" + 56 * "0"
"""What stands for the journal's head, which is another one on each machine."""


def examples() -> dict[str, str]:
    """Return the text of each example, by its file's name."""
    from journal.report import render
    from journal.report.build import build, build_for_customers
    from journal.store.chain import short_head
    from tests.journal.report.five_minutes import write_five_minutes

    with tempfile.TemporaryDirectory() as folder:
        path = write_five_minutes(Path(folder) / "journal.db")
        report, told = build(path), build_for_customers(path)[0]
        texts = {"report-example.md": render(report, "md"), "report-example-customers.md": render(told, "md")}
    head = report.verification.head
    return {name: text.replace(head, HEAD).replace(short_head(head), short_head(HEAD)) for name, text in texts.items()}


if __name__ == "__main__":
    sys.path.insert(0, str(DOCS.parent))
    for name, text in examples().items():
        (DOCS / name).write_text(text, encoding="utf-8")
