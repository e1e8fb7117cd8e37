"""Rows of figures go from the tests into a table at the end of the run."""

from collections.abc import Callable

import pytest

from tests.faults.figures import PROPERTY, Row, table

Note = Callable[[Row], None]


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Put a row into the table."""
    return lambda row: request.node.user_properties.append(row.property())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
    ]
    rows = [
        Row(**value)
        for report in reports
        for name, value in report.user_properties
        if name == PROPERTY
    ]
    if rows:
        terminalreporter.section("faults")
        for line in table(rows):
            terminalreporter.line(line)
