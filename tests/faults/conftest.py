"""The world of the end-to-end tests, and a summary that shows the table with the time each row took."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..download.conftest import isolated_cache as isolated_cache
from ..download.conftest import local_hub as local_hub
from ..download.conftest import quick_retries as quick_retries
from ..download.conftest import world as world

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [
        (dict(report.user_properties), report.duration)
        for report in terminalreporter.getreports("passed")
        if report.when == "call" and "fault" in dict(report.user_properties)
    ]
    if told:
        terminalreporter.section("faults of the wire")
        for properties, seconds in sorted(told, key=lambda each: str(each[0]["fault"])):
            terminalreporter.line(f"{seconds:6.2f} s  {properties['fault']:<60.60} {properties['ends']:.90}")
        terminalreporter.line(f"{sum(seconds for _, seconds in told):6.1f} s  in all, {len(told)} rows")
