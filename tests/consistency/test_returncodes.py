"""One table of return codes: every code raised anywhere is in it."""

from __future__ import annotations

import re

import pytest
from support import ROOT

from pystata_hlm.runtime.returncodes import MESSAGES, wording

RAISED = re.compile(r"(?:StataError|cls)\(\s*(\d+)\b")


def raised() -> set[int]:
    return {
        int(code)
        for path in (ROOT / "pystata_hlm").rglob("*.py")
        for code in RAISED.findall(path.read_text(encoding="utf-8"))
    }


def test_every_code_that_is_raised_has_a_wording() -> None:
    assert sorted(raised() - {0} - set(MESSAGES)) == []


def test_there_are_codes_raised() -> None:
    assert {5, 9, 100, 101, 109, 111, 198, 199, 301, 601, 2000} <= raised()


@pytest.mark.parametrize(
    ("rc", "message"),  # as `error #' and logs print them ([P] error; printed output)
    [
        (4, "no; dataset in memory has changed since last saved"),
        (5, "not sorted"),
        (9, "assertion is false"),
        (109, "type mismatch"),
        (198, "invalid syntax"),
        (301, "last estimates not found"),
        (430, "convergence not achieved"),
        (503, "conformability error"),
        (612, "unexpected end of file"),
        (621, "already preserved"),
        (622, "nothing to restore"),
        (2000, "no observations"),
        (2001, "insufficient observations"),
        (77777, ""),
    ],
)
def test_wordings(rc: int, message: str) -> None:
    assert wording(rc) == message
