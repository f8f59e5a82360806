"""Wrong lines typed at every command: a Stata message and return code or a result, never a Python exception.

After an error the data are as before. (What each error says is tested with the command.)
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import Session

from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.runtime import registry
from pystata_hlm.runtime.executor import ExitDoFile

NAMES = sorted({spec.name for spec in registry.all_commands().values()})

# Made of commands or of files: what they did before the error stays, as in Stata.
KEEPS_CHANGES = {"do", "run", "include"}

LINES = """
{c}
{c} nosuchvar
{c} , nosuchoption
{c}, nosuchoption(3)
{c} mathach, nosuchoption
{c} 1 2 (
{c} mathach if
{c} mathach if nosuch > 1
{c} mathach if name > 1
{c} mathach if mathach > 1000
{c} mathach in 5/2
{c} mathach in 1/100000
{c} mathach in x
{c} mathach ses [aw=nosuch]
{c} mathach ses [pw=-1]
{c} mathach ses [fw=ses]
{c} mathach ses, level(abc)
{c} mathach ses, level(200)
{c} mathach ses, by(
{c} mathach ses, by(nosuch)
{c} mathach ses, by()
{c} mathach ses, generate(mathach)
{c} mathach ses, generate(1x)
{c} mathach ses, generate()
{c} mathach ses, cluster(nosuch)
{c} mathach ses, saving(
{c} name
{c} name mathach
{c} mathach name
{c} empty
{c} empty mathach
{c} mathach empty
{c} empty = mathach
{c} x = name + 1
{c} x = nosuch
{c} x = log(
{c} x
{c} (
{c} )
{c} ,
{c} ,,
{c} =
{c} ==
{c} "unclosed
{c} {{
{c} *
{c} _all
{c} i.female##c.ses
{c} i.nosuch
{c} c.name
{c} mathach i.
{c} using nofile
{c} using nofile, nosuch
{c} mathach using
{c} mathach ses || id:
{c} mathach || nosuch:
{c} mathach ses || id: nosuch, cov(nosuch)
{c} mathach ses || id: ses, cov(unstr) || : ,
{c} || (
{c} : summarize mathach
{c} mathach: nosuchcommand
{c}: nosuchcommand
{c}, reps(x): summarize mathach
{c}, reps(2): nosuchcommand
{c} r(mean), reps(2): summarize nosuch
by female: {c} mathach
by nosuch: {c}
bysort female: {c}
bysort female: {c} mathach ses
quietly {c} mathach ses nosuch
{c} define
{c} define x
{c} list nosuch
{c} drop nosuch
{c} store
{c} restore nosuch
{c} table nosuch
{c} 1:1 id using nofile
{c} id, i(id) j(x)
{c} long mat, i(id) j(x)
{c} (1=2
{c} mathach (1=2) (x=y)
{c} (mean) mathach (nosuch) ses
{c} (mean) x=mathach y=nosuch, by(female)
{c} x[1,2] = 3
{c} A = (1,2\\3)
{c} A = inv(J(2,2,0))
{c} 99999999999999999999
{c} -1
{c} .
{c} `nosuch' $nosuch
{c} \u00e9t\u00e9 \u4e2d
""".strip("\n").splitlines()


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """A wrong line must not hang either (where the platform has alarms)."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(*_: object) -> None:
        raise TimeoutError(f"more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def base() -> Dataset:
    """Twelve students of two schools, with a string variable and one without a single value."""
    session = Session()
    session.run(
        'sysuse hsb\nkeep in 42/53\nreplace mathach = . in 3\ngenerate name = "a" + string(_n)\ngenerate empty = .\n'
        "sort id\n"
    )
    assert session.rc == 0, session.text()
    return session.data


def state(data: Dataset) -> list[tuple[str, int]]:
    return [(name, id(data.column(name).data)) for name in data.names]


def type_lines(
    command: str, data: Dataset, folder: Path, lines: list[str] = LINES, model: str = ""
) -> list[str]:
    """Type every line, after fitting ``model``; the exceptions that are not Stata errors, and errors that changed
    the data."""
    session = Session(cwd=folder)
    if model:
        session.workspace.data = data.copy()
        session.run(f"{model}\nestimates store kept")
        assert session.rc == 0, session.text()
        data, estimates = session.data, session.workspace.e
    workspace, failures = session.workspace, []
    for template in lines:
        line = template.format(c=command)
        workspace.data = data.copy()
        if model:
            workspace.e = estimates
        before = state(workspace.data)
        # bysort sorts first, and the commands after a prefix are commands of their own
        keeps = command in KEEPS_CHANGES or line.startswith("bysort") or "reps(" in line
        try:
            with time_limit(20):
                session.executor.execute(session.executor.expand(line))
        except StataError as error:
            if not 1 <= error.rc <= 9999:
                failures.append(f"{line}: return code {error.rc}")
            if not error.message and command not in ("error", "exit", *KEEPS_CHANGES):
                failures.append(f"{line}: r({error.rc}) without a message")
            if not keeps and state(workspace.data) != before:
                failures.append(f"{line}: r({error.rc}) but the data have changed")
        except ExitDoFile:
            continue
        except Exception as bug:  # noqa: BLE001  (this is what the test looks for)
            trace = bug.__traceback__
            while trace and trace.tb_next:
                trace = trace.tb_next
            where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
            failures.append(f"{line}: {type(bug).__name__}: {bug} ({where})")
        session.items.clear()
    return failures


@pytest.mark.parametrize("command", NAMES)
def test_with_data(command: str, base: Dataset, tmp_path: Path) -> None:
    failures = type_lines(command, base, tmp_path)
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("command", NAMES)
def test_without_data(command: str, tmp_path: Path) -> None:
    failures = type_lines(command, Dataset(), tmp_path)
    assert not failures, "\n".join(failures)


@pytest.mark.parametrize("command", ["nosuchcommand", "summarise", "regres s", "1", "_", "é"])
def test_unknown_commands(command: str, base: Dataset, tmp_path: Path) -> None:
    assert not type_lines(command, base, tmp_path)


AFTER = """
predict
predict 1x
predict mathach
predict p, nosuch
predict p, xb nosuch
predict p q, xb
predict p*, xb
predict p q r s, reffects
predict p*, reffects relevel(nosuch)
predict p, reffects
predict str5 p
predict p if nosuch
predict p in 0
predict p if mathach > 1000
margins nosuch
margins female
margins i.female
margins, at(ses=)
margins, at(ses=(1 2
margins, at(nosuch=1)
margins, at(ses=x)
margins, at((nosuch) ses)
margins, dydx(nosuch)
margins, dydx()
margins, dydx(name)
margins, over(nosuch)
margins, over(ses)
margins, expression(nosuch)
margins, expression(predict(
margins, expression(predict(nosuch))
margins, expression(name)
margins, predict(xb) predict(xb)
lroc
lroc if nosuch, nograph
estat gof
estat gof, group(1)
estat classification, cutoff(2)
margins, predict(nosuch)
margins if mathach > 1000
margins, level(1000)
marginsplot
marginsplot, x(nosuch)
estat
estat nosuch
estat ic, n(x)
estat ic nosuch
estat icc
estat vif
estat recovariance, nosuch
estat group
estat summarize
estat vce
lrtest
lrtest nosuch
lrtest kept nosuch
lrtest kept .
lrtest kept
test nosuch
test ses = x
test ses = 1 =
test [nosuch]ses
test (ses)(
testparm nosuch
testparm i.nosuch
lincom
lincom nosuch
lincom ses +
lincom ses*female
estimates
estimates nosuch
estimates store
estimates store 1x
estimates restore nosuch
estimates table nosuch
estimates table kept, stats(nosuch) star se
estimates table kept, b(nosuch)
estimates table kept, keep(nosuch)
estimates stats nosuch
estimates replay nosuch
estimates drop nosuch
display _b[nosuch]
display _b[ses
display _se[nosuch:ses]
display e(nosuch)
display e(b)
display e(b)[1,99]
display [nosuch]_b[ses]
matrix list e(nosuch)
mixed
mixed, nosuch
mixed, level(1)
regress
regress, beta
regress, level(0)
bootstrap, reps(2):
bootstrap _b[nosuch], reps(2): regress mathach ses
bootstrap, reps(2) strata(nosuch): regress mathach ses
bootstrap, reps(2) cluster(nosuch): regress mathach ses
bootstrap, reps(0): regress mathach ses
bootstrap, reps(2) saving(): regress mathach ses
vif
vif nosuch
ereturn list nosuch
return list
""".strip("\n").splitlines()


@pytest.mark.parametrize(
    "model",
    [
        "regress mathach ses female",
        "regress mathach c.ses##i.female",
        "mixed mathach ses i.female || id: ses",
        "logit female ses mathach",
        "mlogit female ses mathach",
        "ologit female ses mathach",
        "glm mathach ses i.female",
        "nbreg female ses",
        "ivregress 2sls mathach (ses = female)",
    ],
)
def test_after_estimation(model: str, base: Dataset, tmp_path: Path) -> None:
    assert not type_lines("predict", base, tmp_path, AFTER, model)


@pytest.mark.parametrize(
    "model",
    [
        "regress mathach ses",
        "mixed mathach ses || id:",
        "logit female ses",
        "mlogit female ses",
        "glm mathach ses",
    ],
)
@pytest.mark.parametrize(
    "change", ["drop ses", "drop _all", "drop id", "replace ses = .", "keep in 1", "rename ses x"]
)
def test_data_changed_after_estimation(model: str, change: str, base: Dataset, tmp_path: Path) -> None:
    """Postestimation after the data have gone: errors or results, no exception."""
    session = Session(cwd=tmp_path)
    for line in ("predict p", "predict r, residuals", "margins, at(ses=1)", "margins, dydx(ses)", "estat ic", "estat vif",
                 "estat icc", "lrtest kept .", "regress", "mixed", "estimates restore kept", "predict u*, reffects"):  # fmt: skip
        session.workspace.data = base.copy()
        session.run(f"{model}\nestimates store kept\n{change}")
        assert session.rc == 0, session.text()
        session.run(line)
