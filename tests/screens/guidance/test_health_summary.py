"""Health, compact: what is fine is one line, what is not has its cause and age, whatever the width leaves."""

from __future__ import annotations

from screens.guidance.health import Health
from screens.guidance.health_summary import health_column, health_line
from screens.guidance.symbols import Look, health_look
from screens.guidance.text import Line

UP, DEGRADED, DOWN = (health_look(status) for status in ("up", "degraded", "down"))
FOUND = [
    Health("PostgreSQL", DOWN, "connection refused", "last seen 4 min ago"),
    Health("MongoDB", DEGRADED, "lags 40 s", ""),
    Health("Redis", Look("?", "was up", "quiet"), "", "measured 3 min ago"),
    Health("DNS", UP, "2 of 2 answer", ""),
    Health("Load balancer", UP, "3 of 3 members", ""),
    Health("Files", health_look("not measured"), "", ""),
]


def words(lines: list[Line]) -> list[str]:
    return [f"{line.symbol} {line.plain}".strip() for line in lines]


def test_what_is_not_fine_has_its_cause_and_age_and_all_the_rest_one_line_each() -> None:
    assert words(health_column(FOUND)) == [
        "✗ PostgreSQL  DOWN",
        "connection refused",
        "last seen 4 min ago",
        "~ MongoDB  degraded",
        "lags 40 s",
        "? Redis  was up",
        "measured 3 min ago",
        "✓ 2 fine  DNS, Load balancer",
        "? not measured  Files",
    ]


def test_on_one_line_the_counts_stay_and_what_is_cut_says_so() -> None:
    whole = health_line(FOUND, 80).plain
    assert whole == "✗ PostgreSQL  ~ MongoDB  ? Redis  ✓ 2 fine  ? 1 not measured"
    cut = health_line(FOUND, 50).plain
    assert (
        cut.startswith("✗ PostgreSQL") and "…" in cut and cut.endswith("✓ 2 fine  ? 1 not measured") and len(cut) <= 50
    )


def test_what_alone_is_not_fine_has_its_cause_on_the_one_line_too() -> None:
    assert health_line([FOUND[0], FOUND[3]], 80).plain == "✗ PostgreSQL DOWN: connection refused  ✓ 1 fine"
