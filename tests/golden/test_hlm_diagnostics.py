"""Every figure of the course notes against the course do-file's output (sources and tolerances: case.toml)."""

from __future__ import annotations

import math
import re
import tomllib
from itertools import product
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "hlm_diagnostics"
FIGURES: dict[str, Any] = tomllib.loads((HERE / "figures.toml").read_text(encoding="utf-8"))
CASE: dict[str, Any] = tomllib.loads((HERE / "case.toml").read_text(encoding="utf-8"))
TOLERANCE: dict[str, float] = CASE["tolerance"]
MIXED = {model["name"]: model for model in FIGURES["mixed"]}
MODEL_BASED = [name for name in MIXED if name != "bootstrap"]

NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:e[-+]\d+)?")


def value(printed: str) -> float:
    return float(printed.replace(",", ""))


def unit(printed: str) -> float:
    """One unit of the last digit of ``%9.0g``, which has seven digits and drops trailing zeros."""
    mantissa, _, exponent = printed.replace(",", "").lstrip("-").partition("e")
    whole, _, decimals = mantissa.partition(".")
    digits = len(decimals) if exponent else 7 - len(whole.lstrip("0"))
    return 10.0 ** (int(exponent or 0) - digits)


def fixed_unit(printed: str) -> float:
    """One unit of the last digit of a number with a fixed count of decimals (z, P, chi2)."""
    return 10.0 ** -len(printed.partition(".")[2])


def close(ours: str, theirs: str, slack: float, last: float | None = None) -> bool:
    return abs(value(ours) - value(theirs)) <= slack + 1.000001 * (last or unit(theirs))


def same_row(ours: list[str], theirs: list[str], slack: float) -> bool:
    """Coefficient, standard error, z, P, interval: the interval moves with the first two, z and P by one unit."""
    rooms = (slack, slack, 0, 0, 3 * slack, 3 * slack)
    units = (None, None, fixed_unit(theirs[2]), fixed_unit(theirs[3]), None, None)
    return all(close(*each) for each in zip(ours, theirs, rooms, units, strict=True))


def numbers(line: str) -> list[str]:
    """The numbers that end a line of words."""
    words = line.split()
    start = len(words)
    while start and NUMBER.fullmatch(words[start - 1]):
        start -= 1
    return words[start:]


def test_no_errors(course):
    assert [(step.command, step.rc) for step in course.steps if step.rc] == []


# ---------------------------------------------------------------- to the digit


@pytest.mark.parametrize("entry", FIGURES["exact"], ids=lambda entry: entry["name"])
def test_exact(course, entry):
    step = course.step(entry["command"], entry.get("nth", 1))
    at = 0
    for row in entry["rows"]:
        pattern = re.compile(rf"(?<!\S){re.escape(row)}(?!\S)")
        # `-` and `+` of rules never hide a row; two rows may share a line
        found = next((k for k in range(at, len(step.lines)) if pattern.search(step.lines[k])), None)
        assert found is not None, f"no {row!r} in\n{step.text}"
        at = found


def test_minimum_of_reversed_outcome(course):
    """See figures.toml: exactly 1, whatever the notes print."""
    assert course.step("summarize mathachr").r.scalars["min"] == 1


# ---------------------------------------------------------------- mixed


def fixed_rows(text: str) -> list[list[str]]:
    """Rows with six numbers of the coefficient table, in order."""
    rows = [numbers(" ".join(line.replace("|", " ").split())) for line in text.splitlines() if "|" in line]
    return [row[-6:] for row in rows if len(row) >= 6]


def random_rows(text: str) -> list[list[str]]:
    kinds = re.compile(r"(?:var|cov)\(.*\|")
    return [
        numbers(" ".join(line.partition("|")[2].split())) for line in text.splitlines() if kinds.search(line)
    ]


def cases(kind: str, names: list[str]) -> list[Any]:
    return [
        pytest.param(name, k, id=f"{name}-{label}")
        for name in names
        for k, label in enumerate(MIXED[name][kind])
    ]


@pytest.mark.parametrize(("name", "k"), cases("fixed", MODEL_BASED))
def test_mixed_coefficient(course, name, k):
    """Printed coefficient, standard error, z, p and interval; the stored ones agree with the printed ones."""
    model = MIXED[name]
    label, theirs = list(model["fixed"].items())[k][0], list(model["fixed"].values())[k].split()
    step = course.step(model["command"])
    rows = fixed_rows(step.text)
    assert len(rows) == len(model["fixed"])
    ours = rows[k]
    se = value(theirs[1])
    slack = TOLERANCE["fixed"] * se
    assert same_row(ours, theirs, slack), f"{label}: {ours} against {theirs}"
    b, v = step.e.matrices["b"], step.e.matrices["V"]
    at = b.cols.index(f"mathach:{label}")
    assert abs(b.values[0, at] - value(theirs[0])) <= slack + 0.5 * unit(theirs[0])
    assert abs(math.sqrt(v.values[at, at]) - se) <= slack + 0.5 * unit(theirs[1])


def bounds(estimate: float, se: float, covariance: bool) -> tuple[float, float]:
    half = 1.959963985 * se
    if covariance:
        return estimate - half, estimate + half
    return estimate * math.exp(-half / estimate), estimate * math.exp(half / estimate)


@pytest.mark.parametrize(("name", "k"), cases("random", MODEL_BASED))
def test_mixed_variance_component(course, name, k):
    model = MIXED[name]
    label, theirs = list(model["random"].items())[k][0], list(model["random"].values())[k].split()
    rows = random_rows(course.step(model["command"]).text)
    assert len(rows) == len(model["random"])
    ours = rows[k]
    estimate, se = value(theirs[0]), value(theirs[1])
    slack = CASE["exceptions"].get(f"{name} {label}", TOLERANCE["random"]) * se
    # the interval moves as estimate and standard error do
    corners = [
        bounds(estimate + i * slack, se + j * slack, label.startswith("cov"))
        for i, j in product((-1, 0, 1), repeat=2)
    ]
    low, high = bounds(estimate, se, label.startswith("cov"))
    rooms = (slack, slack, max(abs(c[0] - low) for c in corners), max(abs(c[1] - high) for c in corners))
    for a, b, room in zip(ours, theirs, rooms, strict=True):
        assert close(a, b, room), f"{label}: {ours} against {theirs}"


@pytest.mark.parametrize("name", CASE["optimum"])
def test_mixed_optimum(course, name):
    """We report the optimum itself, where Stata stops short of it."""
    step = course.step(MIXED[name]["command"])
    optimum = CASE["optimum"][name]
    assert abs(step.e.scalars["ll"] - optimum["ll"]) < 1e-7
    ours = [value(row[0]) for row in random_rows(step.text)]
    assert all(abs(a - b) <= 1.01 * unit(f"{b:.7g}") for a, b in zip(ours, optimum["random"], strict=True))


@pytest.mark.parametrize("name", list(MIXED))
def test_mixed_heading(course, name):
    """Log likelihood, counts, LR test to the digit; Wald chi2 within one unit of its last digit."""
    model = MIXED[name]
    step = course.step(model["command"])
    text = "\n".join(step.lines)
    assert re.search(rf"Log (?:pseudo)?likelihood = {re.escape(model['ll'])}(?!\d)", text)
    assert f"Number of obs = {model['obs'].replace(',', '')}" in text
    assert f"Number of groups = {model['groups']}" in text
    for label, count in (
        ("min", "14"),
        ("avg", "44.9"),
        ("max", "67"),
    ):  # the same in every model of the notes
        assert re.search(rf"{label} = {count}$", text, re.MULTILINE)
    assert "Prob > chi2 = 0.0000" in text
    wald = re.search(rf"Wald chi2\({model['wald_df']}\) = (\S+)", text)
    assert wald is not None
    if name != "bootstrap":
        assert close(wald[1], model["wald"], 0, fixed_unit(model["wald"]))
    if "lr" in model:
        assert (
            f"LR test vs. linear model: chi2({model['lr_df']}) = {model['lr']} Prob > chi2 = 0.0000" in text
        )
    else:  # a pseudolikelihood has no LR test
        assert "LR test" not in text


# ---------------------------------------------------------------- bootstrap


@pytest.mark.parametrize(("name", "k"), cases("fixed", ["bootstrap"]) + cases("random", ["bootstrap"]))
def test_bootstrap(course, name, k, request):
    """Observed coefficients are the model's; standard errors agree up to Monte-Carlo error."""
    kind = "random" if "(" in request.node.callspec.id else "fixed"
    model = MIXED["bootstrap"]
    theirs = list(model[kind].values())[k].split()
    step = course.step(model["command"])
    rows = fixed_rows(step.text) if kind == "fixed" else random_rows(step.text)
    assert len(rows) == len(model[kind])
    ours = rows[k]
    model_se = value(list(MIXED["main"][kind].values())[k].split()[1])
    assert close(ours[0], theirs[0], TOLERANCE[kind] * model_se)
    ratio = value(ours[1]) / value(theirs[1])
    assert 1 / TOLERANCE["bootstrap_factor"] < ratio < TOLERANCE["bootstrap_factor"]


def test_bootstrap_heading(course):
    text = "\n".join(course.step(MIXED["bootstrap"]["command"]).lines)
    assert "Replications based on 160 clusters in id" in text
    assert "(running mixed on estimation sample)" in text
    assert course.step(MIXED["bootstrap"]["command"]).e.scalars["N_reps"] == 50


# ---------------------------------------------------------------- margins


def margins(course):
    return next(step for step in course.steps if step.command.startswith("margins, at("))


@pytest.mark.parametrize("k", range(25))
def test_margin(course, k):
    theirs = FIGURES["margins"]["rows"][k][1].split()
    rows = [row for line in margins(course).lines if len(row := numbers(line)) == 7 and row[0] == str(k + 1)]
    assert len(rows) == 1, margins(course).text
    ours = rows[0][1:]
    slack = TOLERANCE["fixed"] * value(theirs[1])
    assert same_row(ours, theirs, slack), f"row {k + 1}: {ours} against {theirs}"


def test_margins_grid(course):
    """The values of ses and meanses, in the legend's order (the last variable moves fastest)."""
    text = margins(course).text
    found = re.findall(r"ses\s*=\s*(-?[\d.]+)", text)
    pairs = [" ".join(found[k : k + 2]) for k in range(0, len(found), 2)]
    assert pairs == [row[0] for row in FIGURES["margins"]["rows"]]
    assert re.search(r"Number of obs\s*=\s*7,185", text)
    assert "Linear prediction, fixed portion, predict()" in text


@pytest.mark.parametrize("command", ["marginsplot, x(meanses)", "marginsplot, x(ses)"])
def test_marginsplot(course, command):
    step = course.step(command)
    assert "Variables that uniquely identify margins: ses meanses" in step.text
    assert len(step.graphs) == 1


# ---------------------------------------------------------------- residuals and graphs


@pytest.mark.parametrize("sex", ["male", "female"])
def test_residuals_by_sex(course, sex):
    entry = FIGURES["residuals_by_sex"]
    block = course.step(entry["command"]).text.split(f"-> female = {sex}\n")[1].split("\n->")[0]
    line = next(line for line in block.splitlines() if "l1resid" in line)
    n, mean, *ours = line.partition("|")[2].split()
    count, *theirs = entry[sex].split()
    assert n == count
    assert abs(value(mean)) < 1e-7  # rounding noise of float residuals
    for a, b in zip(ours, theirs, strict=True):
        assert close(a, b, TOLERANCE["residual"])


@pytest.mark.parametrize(("command", "bins"), FIGURES["residual_histograms"].items())
def test_residual_histogram_bins(course, command, bins):
    """The bin count of the notes; start and width as the residuals in memory have them."""
    step = course.step(command)
    found = re.fullmatch(r"\(bin=(\d+), start=(\S+), width=(\S+)\)", step.lines[-1])
    assert found is not None, step.text
    assert int(found[1]) == bins
    data = course.workspace.data
    x = data.column(command.split()[1].rstrip(",")).values()
    if "tagged" in command:
        x = x[data.column("tagged").values() == 1]
    assert math.isclose(float(found[2]), x.min(), rel_tol=1e-7)
    assert math.isclose(float(found[3]), (x.max() - x.min()) / bins, rel_tol=1e-7)


def test_level_one_residuals_start_where_the_notes_say(course):
    """The smallest residual of the notes' table by sex is the start of the histogram."""
    start = float(re.search(r"start=(\S+),", course.step("histogram l1resid, normal").text)[1])
    assert abs(start - -19.04129) < TOLERANCE["residual"]


GRAPHS = {
    "histogram": 4,
    "gladder": 3,
    "graph box": 1,
    "qnorm": 3,
    "lowess": 7,
    "scatter": 3,
    "mrunning": 1,
    "marginsplot": 2,
    "graph twoway": 1,
}


@pytest.mark.parametrize(("word", "count"), GRAPHS.items())
def test_graphs_drawn(course, word, count):
    drawn = [step for step in course.steps if re.match(rf"{word}\b", step.command)]
    assert len(drawn) == count
    assert all(len(step.graphs) == 1 for step in drawn)


def test_search_finds_mrunning(course):
    assert "mrunning" in course.step("search mrunning").text


def test_main_run_is_complete(course):
    """All of the do-file ran: its last command is the last step."""
    assert course.steps[-1].command == "estimates stats baseline egender esector"
    text = "\n".join(course.steps[-1].lines)
    for row in (
        "baseline 7185 . -23218.85 13 46463.71 46553.14",
        "esector 7185 . -23205.16 14 46438.32 46534.64",
    ):
        assert row in text


def test_time(course):
    """Far inside the 30 seconds allowed for the whole do-file; drawing to files is measured in tests/bench."""
    assert course.seconds < 30
