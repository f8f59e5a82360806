"""Real Stata logs of ../shared/cases: one test for each command of each case.

Words and column positions must be Stata's; a number may differ by one unit of its last digit. Of an iteration log the
last value counts; variance components of mixed models may differ by 5e-4 standard errors, since Stata stops short of the
optimum (../shared/cases/README.md, ../shared/reference/mixed-numerics.md). Commands we lack are skipped by name.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

import pytest
from support import SHARED, Piece, case, cut, run_case

CASES = SHARED / "cases"

# (case, start of the command): why its output differs. Strict: a test that passes again says so.
KNOWN: dict[tuple[str, str], str] = {}

# Line size of commands whose coefficient tables are wider than 80 columns allow: their logs come from wider windows.
LINESIZE = {
    ("esttable_star_penguins", "est table"): 100,
    ("mixed_country_margins_at", ""): 86,
    ("mixed_lang_crosslevel", "mixed"): 120,
    ("ologit_copen", "ologit"): 81,
    ("poisson_ceb_offset", "poisson y i.educ"): 82,
    ("twoway_anova_regress_effort", "regress"): 120,
    ("oneway_pwcorr_clients", "regress"): 120,
}

# (case, start of the command): room for numbers that follow from variance components without a standard error beside
# them; all are less than 5e-4 standard errors of the components away.
ROOM = {
    ("mixed_egm_3level_growth", "estat recov, corr"): 2e-6,
    ("mixed_egm_3level_null", "mat list e(b)"): 5e-6,
    ("mixed_egm_3level_null", "display v3/"): 1e-6,
    # ahat2 after xtmixed; its own ahat after xtreg, mle (the same quantity) agrees with us in every digit
    ("xtmixed_lang_null_blup", "list schoolnr ahat"): 4e-6,
}

# (case, start of the command): patterns to replace in both logs, and why.
MASK: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    # 2 (ll - ll_0) of the constant-only model is rounding: Stata's came out negative, which widens the heading
    ("poisson_ceb_offset", "poisson y, offset"): ((r" {2,}", " "), (r"= -0\.", "= 0.")),
    ("mixed_zero_variance", "mixed"): (
        # two lines run together in the source
        (r"^(Performing EM optimization) (Performing gradient-based optimization:)", r"\1 ...\n\n\2"),
        # digits of a variance on its boundary are accidents of the optimiser, and so is the test's 1e-14
        (r"(var\(_cons\) \|) .* 0 .*$", r"\1 #"),
        (r"(chibar2\(01\) =) \S+ +", r"\1 # "),
    ),
}

NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?\.?\d+(?:e[-+]?\d+)?%?")
LACKING = re.compile(
    r"command (?P<command>\S+) (?:is unrecognized|not yet supported)"
    r"|option (?P<option>\S+) not yet supported|(?P<other>.* not yet supported)"
)


def release(expected: str) -> int:
    """The release whose wording the log has."""
    if re.search(r"Std\. Err\.|Std\. Dev\.|Coef\.", expected):
        return 16
    if re.search(r"Iteration 0:   log|^Mixed.*Number of obs     =|^Variables:", expected, re.MULTILINE):
        return 17
    return 18


# ---------------------------------------------------------------- comparing lines


@dataclass(frozen=True)
class Word:
    text: str
    start: int
    end: int

    @property
    def number(self) -> float | None:
        if not NUMBER.fullmatch(self.text):
            return None
        return float(self.text.replace(",", "").rstrip("%"))

    @property
    def unit(self) -> float:
        mantissa, _, exponent = self.text.replace(",", "").rstrip("%").partition("e")
        return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def words(line: str) -> list[Word]:
    """Words with their columns; a comma or bracket beside a number is a word of its own."""
    return [
        Word(m[0], m.start(), m.end()) for m in re.finditer(rf"{NUMBER.pattern}(?![\w.])|[^\s\d]+|\S+?", line)
    ]


def differs(theirs: str, ours: str, tolerance: float = 0.0) -> str:
    """Why two lines are not the same ("" when they are). ``tolerance`` comes on top of one unit."""
    if theirs == ours:
        return ""
    a, b = words(theirs), words(ours)
    if len(a) != len(b):
        return "other words"
    for x, y in zip(a, b, strict=True):
        if x.number is None or y.number is None:
            if x.text != y.text:
                return f"{y.text} instead of {x.text}"
            if x.start != y.start:
                return f"{x.text} in another column"
            continue
        if x.end != y.end and x.start != y.start:
            return f"{y.text} in another column"
        if abs(x.number - y.number) > tolerance + 1.001 * max(x.unit, y.unit):
            return f"{y.text} instead of {x.text}"
    return ""


ITERATION = re.compile(r"Iteration \d+:")


def without_iterations(output: tuple[str, ...]) -> list[str]:
    """Only the last line of each run of iteration lines, its count masked."""
    lines = []
    for k, line in enumerate(output):
        if ITERATION.match(line):
            if k + 1 < len(output) and ITERATION.match(output[k + 1]):
                continue
            line = re.sub(r"^Iteration \d+:", "Iteration #:", line)
        lines.append(line)
    return lines


ROW = re.compile(r"[^|]*\|(.*)")


def tolerance(line: str, mixed: bool) -> float:
    """For a row of a mixed model's tables or of ``estat icc``, which has its standard error in the second place:
    1e-4 standard errors for a coefficient, 5e-4 for a variance component; interval bounds move three times as far."""
    found = ROW.match(line) if mixed else None
    numbers = [w.number for w in words(found[1]) if w.number is not None] if found else []
    if len(numbers) < 4:
        return 0.0
    return 3 * (1e-4 if len(numbers) == 6 else 5e-4) * abs(numbers[1] or 0)


def masked(piece: Piece, patterns: tuple[tuple[str, str], ...]) -> Piece:
    text = "\n".join(piece.output)
    for pattern, replacement in patterns:
        text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
    return Piece(piece.command, tuple(text.splitlines()))


def compare(theirs: Piece, ours: Piece, room: float = 0.0) -> list[str]:
    mixed = re.match(r"(?:xt|me)?mixed\b|xtreg.* mle\b|estat icc|margins\b", theirs.key) is not None
    a, b = without_iterations(theirs.output), without_iterations(ours.output)
    report = []
    for k in range(max(len(a), len(b))):
        x, y = a[k] if k < len(a) else None, b[k] if k < len(b) else None
        if x is None or y is None:
            report.append(f"line {k + 1}: Stata {x!r}, ours {y!r}")
            continue
        if x.startswith("Contains data from"):  # a path
            y = re.sub(r"(?<=from )\S*/", "", y)
        why = differs(x, y, room + tolerance(x, mixed))
        if why:
            report.append(f"line {k + 1}: {why}\n  {x}\n  {y}")
    return report


# ---------------------------------------------------------------- running


def error(piece: Piece) -> str:
    """The message above ``r(#);``, "" when the command ran."""
    if not piece.output or not re.fullmatch(r"r\(\d+\);", piece.output[-1]):
        return ""
    return piece.output[-2] if len(piece.output) > 1 else piece.output[-1]


def chosen(table: dict[tuple[str, str], Any], name: str, piece: Piece, default: Any) -> Any:
    """The entry of a table for this command of this case."""
    return next((v for (n, c), v in table.items() if n == name and piece.key.startswith(c)), default)


@functools.cache
def ours(name: str, linesize: int) -> tuple[tuple[Piece, ...], int, str]:
    """Our pieces; index and name of the first thing we lack (the number of pieces and "" when nothing)."""
    found = case(name)
    pieces = tuple(cut(run_case(found, release(found.expected), linesize)[0]))
    for k, piece in enumerate(pieces):
        lacking = LACKING.search(error(piece))
        if lacking:
            what = next(f"{kind} {text}" for kind, text in lacking.groupdict().items() if text)
            return pieces, k, f"{piece.key.split()[0]}: we lack {what}"
    return pieces, len(pieces), ""


def expected() -> list[Any]:
    """(case, index of the piece in expected.txt), one for each command Stata echoed."""
    if not CASES.is_dir():
        return []
    out = []
    for folder in sorted(CASES.iterdir()):
        file = folder / "expected.txt"
        if not file.is_file() or folder.name.startswith("figures_"):
            continue
        for k, piece in enumerate(cut(file.read_text(encoding="utf-8"))):
            reason = next(
                (r for (n, c), r in KNOWN.items() if n == folder.name and piece.key.startswith(c)), None
            )
            marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
            out.append(pytest.param(folder.name, k, id=f"{folder.name}::{k} {piece.key[:40]}", marks=marks))
    return out


@pytest.mark.skipif(not CASES.is_dir(), reason="../shared/cases is absent")
@pytest.mark.parametrize(("name", "k"), expected())
def test_command(name: str, k: int) -> None:
    theirs = cut(case(name).expected)
    linesize = chosen(LINESIZE, name, theirs[k], 80)
    pieces, first, lacking = ours(name, linesize)
    at = 0
    for j in range(k + 1):  # commands come in order; the same one may come twice
        match = next((i for i in range(at, len(pieces)) if pieces[i].key == theirs[j].key), None)
        at = at if match is None else match + 1
    if match is None:
        pytest.fail(f"we did not run: {theirs[k].command}")
    room = chosen(ROOM, name, theirs[k], 0.0)
    mask = chosen(MASK, name, theirs[k], ())
    report = compare(masked(theirs[k], mask), masked(pieces[match], mask), room)
    if report and match >= first:
        pytest.skip(f"needs a piece we lack. {lacking}")
    if report:
        pytest.fail("\n".join(report), pytrace=False)
