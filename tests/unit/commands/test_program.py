"""Programs: defining, listing, dropping, running. Rules from [P] program, [U] 18.4 and [P] byable."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import Session, fails

DATA = "quietly set obs 6\ngenerate g = 1 + (_n > 3)\ngenerate x = _n\nsort g x\n"


def out(text: str, session: Session | None = None) -> list[str]:
    session = session or Session()
    log = session.run(text)
    assert session.rc == 0, log
    return log.split("\n")[:-1]


ARGUMENTS = {
    # what is typed after the name: `0', `1', `2', `*' ([U] 18.4: `*' has lost odd spacing and quotes)
    "a b": ("a b", "a", "b", "a b"),
    'a   "b c"': ('a   "b c"', "a", "b c", "a b c"),
    "x, opt": ("x, opt", "x,", "opt", "x, opt"),
    "": ("", "", "", ""),
    ", opt": (", opt", ",", "opt", ", opt"),
}


@pytest.mark.parametrize("typed", ARGUMENTS)
def test_arguments(typed: str) -> None:
    program = "program p\n global zero `\"`0'\"'\n global one `\"`1'\"'\n global two `\"`2'\"'\n global star `\"`*'\"'\nend\n"
    session = Session()
    session.run(program + f"p {typed}\n")
    assert session.rc == 0, session.text()
    macros = session.workspace.globals
    assert tuple(macros.get(name, "") for name in ("zero", "one", "two", "star")) == ARGUMENTS[typed]


def test_args_and_shift() -> None:
    program = """
program p
    args first second third
    display "`first'|`second'|`third'|"
    macro shift
    display "`1'|`2'|`*'"
    while "`1'" != "" {
        display "`1'"
        macro shift
    }
end
p a b c
"""
    assert out(program) == ["a|b|c|", "b|c|b c", "b", "c"]


def test_locals_are_private() -> None:
    assert out("local x outer\nprogram p\nlocal x inner\nlocal y 1\nend\np\ndi \"`x'`y'\"") == ["outer"]


def test_defining_twice_and_dropping() -> None:
    define = "program define p\ndisplay 1\nend\n"
    session = Session()
    session.run(define)
    session.run(define)
    assert session.rc == 110
    assert session.last_error is not None
    assert session.last_error.message == "program p already defined"
    assert out("capture program drop p\ncapture program drop p\ndi _rc", session) == ["111"]
    session.run("p")
    assert session.rc == 199


def test_list_and_dir() -> None:
    session = Session()
    session.run("program p, rclass\n* comment\nif 1 {\ndisplay 1\n}\nend\n")
    assert out("program list p", session) == [
        "p, rclass:",
        "  1. if 1 {",
        "  2. display 1",
        "  3. }",
    ]
    assert out("program dir", session)[0].split()[-1] == "p"
    assert out("program drop _all\nprogram dir", session) == []


@pytest.mark.parametrize(
    "line, rc",
    [
        ("program define 1x\nend", 198),
        ("program define p, foo\nend", 198),
        ("program define p, byable(often)\nend", 198),
        ("program drop", 198),
        ("program list nosuch", 111),
    ],
)
def test_bad_definitions(line: str, rc: int) -> None:
    session = Session()
    session.run(line)
    assert session.rc == rc


def test_exit_and_errors() -> None:
    session = Session()
    session.run(
        "program a\ndisplay 1\nexit\ndisplay 2\nend\nprogram b\nexit 459\nend\nprogram c\nb\ndisplay 3\nend\n"
    )
    assert out("a", session) == ["1"]
    assert out("capture c\ndisplay _rc", session) == ["459"]
    assert session.run("c") == "r(459);\n"


def test_errors_undo_only_the_command() -> None:
    session = Session()
    session.run(DATA + "program p\ngenerate y = 1\ngenerate z = nosuch\nend\np")
    assert session.rc == 111
    assert session.data.names == ["g", "x", "y"]


def test_recursion_has_a_limit() -> None:
    fails("program p\np\nend\np", 1000, "system limit exceeded - see manual")
    assert out("program f\nargs n\nif `n' == 0 exit\ndisplay `n'\nf `=`n'-1'\nend\nf 3") == ["3", "2", "1"]


def test_continue_does_not_leave_the_program() -> None:
    session = Session()
    session.run("program p\ncontinue\nend\nforvalues i = 1/2 {\np\n}")
    assert session.rc == 198


def test_temporary_objects_go() -> None:
    session = Session()
    session.run(DATA)
    program = """
program p
    tempvar v
    tempname s m
    tempfile f
    generate `v' = 1
    scalar `s' = 1
    matrix `m' = (1)
    quietly save "`f'"
    global file "`f'"
end
p
"""
    session.run(program)
    assert session.rc == 0, session.text()
    ws = session.workspace
    assert (session.data.names, ws.scalars, ws.matrices) == (["g", "x"], {}, {})
    path = Path(ws.globals["file"])
    assert not path.exists() and not Path(f"{path}.dta").exists()


@pytest.mark.parametrize("ending, rc", [("", 0), ("exit", 0), ("error 459", 459)])
def test_preserve_comes_back(ending: str, rc: int) -> None:
    session = Session()
    session.run(f"{DATA}program p\npreserve\ndrop x\nreplace g = 9\n{ending}\nend\np")
    assert session.rc == rc
    assert session.data.names == ["g", "x"]
    assert session.data.values("g").tolist() == [1, 1, 1, 2, 2, 2]


def test_preserve_and_restore_not() -> None:
    session = Session()
    session.run(f"{DATA}program p\npreserve\ndrop x\nrestore, not\nend\np")
    assert session.data.names == ["g"]


def test_version_ends_with_the_program() -> None:
    assert out("program p\nversion 12\ndisplay c(version)\nend\np\ndisplay c(version)") == ["12", "18"]
    assert out("version 13: display c(version)\ndisplay c(version)") == ["13", "18"]
    fails("version 99", 9, "this is version 18.0; it cannot run version 99 programs")


# ---------------------------------------------------------------- by

BYABLE = """
program p, byable(recall{more})
    syntax [varlist] [if]
    marksample touse
    quietly count if `touse'
    display _by() " " _byindex() " " _bylastcall() " " _byn1() " " _byn2() " " r(N)
end
"""


def test_byable_recall() -> None:
    session = Session()
    session.run(DATA + BYABLE.replace("{more}", ""))
    log = out("by g: p x if x > 1", session)
    rule = "-" * 79
    assert log == ["", rule, "-> g = 1", "1 1 0 1 3 2", "", rule, "-> g = 2", "1 2 1 4 6 3"]
    assert out("p x", session) == ["0 1 1 1 6 6"]


def test_byable_noheader() -> None:
    session = Session()
    session.run(DATA + BYABLE.replace("{more}", ", noheader"))
    assert out("bysort g: p x", session) == ["1 1 0 1 3 3", "1 2 1 4 6 3"]


def test_byable_onecall() -> None:
    session = Session()
    session.run(DATA + 'program p, byable(onecall)\ndisplay _by() " `_byvars\'"\nend')
    assert out("by g: p", session) == ["1 g"]
    assert out("p", session) == ["0 "]


def test_not_byable() -> None:
    fails(DATA + "program p\nend\nby g: p", 190, "p may not be combined with by")


def test_in_under_by() -> None:
    session = Session()
    session.run(DATA + "program p, byable(recall)\nsyntax [varlist] [in]\nend\nby g: p in 1/2")
    assert session.rc == 190


def test_sortpreserve() -> None:
    session = Session()
    session.run(DATA + "sort x\nprogram p, sortpreserve\ngsort -x\ngenerate y = _n\nend\np")
    assert session.rc == 0, session.text()
    assert session.data.values("x").tolist() == [1, 2, 3, 4, 5, 6]
    assert session.data.values("y").tolist() == [6, 5, 4, 3, 2, 1]
    assert session.data.sortedby == ("x",)


# ---------------------------------------------------------------- prefixes and echo


@pytest.mark.parametrize(
    "block, expected",
    [
        ("quietly {\ndisplay 1\nnoisily display 2\n}", ["2"]),
        ("capture {\ndisplay 1\nerror 9\n}\ndisplay _rc", ["9"]),
        (
            "capture noisily {\ndisplay 1\nerror 9\ndisplay 2\n}\ndisplay _rc",
            ["1", "assertion is false", "9"],
        ),
        ("quietly {\nnoisily {\ndisplay 1\n}\ndisplay 2\n}", ["1"]),
        ("quietly capture noisily {\ndisplay 1\n}", ["1"]),
        ("{\ndisplay 1\n}", ["1"]),
    ],
)
def test_blocks(block: str, expected: list[str]) -> None:
    assert out(block) == expected


@pytest.mark.parametrize(
    "call, expected",
    [
        ("p", ["2", "3", "4"]),
        ("quietly p", []),
        ("capture p", []),
        ("capture noisily p", ["2", "3", "4"]),
        ("quietly {\nnoisily p\n}", ["2", "3", "4"]),
    ],
)
def test_noisily_under_quietly(call: str, expected: list[str]) -> None:
    """[P] quietly: noisily turns output back on, if appropriate: not in a program that is run quietly."""
    program = (
        "program p\nquietly {\ndisplay 1\nnoisily display 2\nnoisily {\ndisplay 3\n}\n}\ndisplay 4\nend\n"
    )
    assert out(program + call) == expected


def test_capture_program_define() -> None:
    assert out("capture program define p\ndisplay 1\nend\ndisplay _rc\np") == ["0", "1"]


def test_echo_of_a_definition() -> None:
    log = Session().run("program p\n  display 1\n\n  display 2\nend\np", echo=True)
    assert log.splitlines() == [
        "",
        ". program p",
        "  1.   display 1",
        "  2. ",
        ".   display 2",
        "  3. end",
        "",
        ". p",
        "1",
        "2",
    ]


# ---------------------------------------------------------------- ado-files


@pytest.fixture
def ado(tmp_path: Path) -> Session:
    (tmp_path / "twice.ado").write_text(
        "*! version 1.2\nprogram twice, rclass\n  version 10\n  half `1'\n  return scalar x = 4 * r(h)\nend\n"
        "program half, rclass\n  return scalar h = `1' / 2\nend\n"
    )
    (tmp_path / "empty.ado").write_text("* nothing here\n")
    (tmp_path / "summarize.ado").write_text('program summarize\ndisplay "mine"\nend\n')
    return Session(cwd=tmp_path)


def test_autoload(ado: Session) -> None:
    assert out("twice 5\ndisplay r(x)", ado) == ["10"]
    ado.run("half 3")  # known to its file alone
    assert ado.rc == 199
    assert out("which twice", ado)[1] == "*! version 1.2"
    ado.run("discard")
    assert ado.workspace.programs == {}


def test_autoload_without_the_program(ado: Session) -> None:
    ado.run("empty")
    assert (ado.rc, ado.last_error.message if ado.last_error else "") == (
        199,
        "command empty is unrecognized",
    )


def test_own_commands_go_first(ado: Session) -> None:
    ado.run("set obs 3\ngenerate x = _n\nsummarize x")
    assert ado.r["N"] == 3
    ado.run('program twice\ndisplay "in memory"\nend')
    assert out("twice", ado) == ["in memory"]


def test_findfile_and_paths(ado: Session, tmp_path: Path) -> None:
    assert out('findfile twice.ado\ndisplay "`r(fn)\'"', ado) == [f"{tmp_path.as_posix()}/twice.ado"] * 2
    fails("findfile nosuch.ado", 601, 'file "nosuch.ado" not found', session=ado)
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "third.ado").write_text("program third\ndisplay 3\nend\n")
    assert out('quietly adopath ++ "more"\nthird', ado) == ["3"]
    listed = out("adopath", ado)
    assert listed[0] == '  [1]              "more"'
    ado.run("adopath - 1")
    assert len(out("adopath", ado)) == len(listed) - 1
    assert (
        out(f'sysdir set PERSONAL "{tmp_path.as_posix()}"\nsysdir', ado)[4]
        == f"   PERSONAL:  {tmp_path.as_posix()}/"
    )
