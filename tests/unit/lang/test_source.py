"""Do-file text to logical lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pystata_hlm.lang.echo import echo
from pystata_hlm.lang.nodes import LogicalLine
from pystata_hlm.lang.source import decode, delimiter_after, is_complete, read_do


def texts(source: str) -> list[str]:
    return [" ".join(line.text.split()) for line in read_do(source) if line.text]


def physical(lines: list[LogicalLine]) -> list[str]:
    out: list[str] = []
    for line in lines:
        out += line.raw
        if line.block is not None:
            out += [*line.block.body, *line.block.close]
    return out


TEXTS = {
    "sum x\nsum y": ["sum x", "sum y"],
    "sum x // c": ["sum x"],
    "sum x// c": ["sum x// c"],
    "// c\n* c\n/* c */\nsum x": ["sum x"],
    "reg y ///\n  x, r": ["reg y x, r"],
    "reg y /// c\n x /// d\n z": ["reg y x z"],
    "reg y x///\n z": ["reg y x z"],
    "use http://a.b/c.dta": ["use http://a.b/c.dta"],
    "reg y x1 /*\n*/ x2, robust": ["reg y x1 x2, robust"],
    "/* a /* b */ c */ sum x": ["sum x"],
    "sum /* a */ x": ["sum x"],
    "* old: reg y x ///\nz\nsum x": ["sum x"],
    "* text /* more\nsum x": ["sum x"],
    "sum x\n/* unused\nsum y": ["sum x"],
    'di "http://a // b" // c': ['di "http://a // b"'],
    'di "a /* b" /* c */ "d */"': ['di "a /* b" "d */"'],
    'di `"a "// b" /* "\' // c': ['di `"a "// b" /* "\''],
    "gen x = 3*4": ["gen x = 3*4"],
    "gen x = 3 ///\n*4": ["gen x = 3 *4"],
    'di "abc\nsum x': ['di "abc', "sum x"],
    'di "abc /// \n def"\nsum x': ['di "abc def"', "sum x"],
    "////////\nsum x": ["sum x"],
    "\ufeffsum x\r\n\tsum y\rsum z": ["sum x", "sum y", "sum z"],
    "#delimit ;\nreg y\n x;\nsum x; sum y;\n#delimit cr\nsum z": [
        "#delimit ;",
        "reg y x",
        "sum x",
        "sum y",
        "#delimit cr",
        "sum z",
    ],
    "#delimit;\n* a\nb;\nsum x // c ;\n y;\n": ["#delimit;", "sum x y"],
    '#d ;\nnote "a; b";\nsum /* ; */ x;\n#d cr\nsum y': ["#d ;", 'note "a; b"', "sum x", "#d cr", "sum y"],
    '#d ;\ntitle("a\n b;c");\ndi "open;\nsum x;': ["#d ;", 'title("a b;c")', 'di "open', "sum x"],
    "": [],
}


@pytest.mark.parametrize(("source", "expected"), TEXTS.items())
def test_texts(source: str, expected: list[str]) -> None:
    assert texts(source) == expected


def test_origin_and_raw() -> None:
    first, second, third = read_do("* c\nreg y ///\n\tx  // d\nsum x", "a.do")
    assert (first.text, first.raw) == ("", ("* c",))
    assert (second.origin.file, second.origin.line, second.raw) == ("a.do", 2, ("reg y ///", "\tx  // d"))
    assert third.origin.line == 4


BLOCK = """foreach v in a b {   // each
    * comment

    sum `v' ///
      , detail
    if "`v'"=="}" {
        di "{"
    }
    else if 1 {
        di 2
    }
}
sum x
"""


def test_blocks() -> None:
    loop, after = read_do(BLOCK)
    assert (loop.text, after.text) == ("foreach v in a b", "sum x")
    assert loop.block is not None and loop.block.kind == "{"
    inner = [line for line in loop.block.lines if line.text]
    assert [" ".join(line.text.split()) for line in inner] == [
        "sum `v' , detail",
        'if "`v\'"=="}"',
        "else if 1",
    ]
    assert inner[1].block is not None and [line.text for line in inner[1].block.lines] == ['di "{"']
    assert inner[2].origin.line == 9
    assert physical([loop, after]) == BLOCK.splitlines()


def test_program_and_data_blocks() -> None:
    source = (
        "capture program drop f\nprog def f, rclass\n if 1 {\n di 1\n }\nend\n"
        "cap input a b\n1 2 // x\nend\nmata:\nx = 1 {\nend\nsum x"
    )
    drop, program, data, mata, last = read_do(source)
    assert drop.block is None and last.text == "sum x"
    assert program.block is not None and (program.block.kind, program.block.close) == ("program", ("end",))
    assert program.block.body == (" if 1 {", " di 1", " }")
    assert [line.text for line in program.block.lines] == ["if 1"]
    assert data.block is not None and (data.block.kind, data.block.body) == ("input", ("1 2 // x",))
    assert mata.block is not None and (mata.block.kind, mata.block.body) == ("mata", ("x = 1 {",))
    assert texts("mata: x = 1\nprogram dir\nsum x") == ["mata: x = 1", "program dir", "sum x"]


OPENERS = {
    "{\nsum x\n}": "",
    "quietly{\nsum x\n}": "quietly",
    "if `a'{\nsum x\n}": "if `a'",
    "#delimit ;\nwhile 1 {;\nsum x;\n};": "while 1",
    "capture noisily {\nsum x\n} // done": "capture noisily",
}


@pytest.mark.parametrize(("source", "header"), OPENERS.items())
def test_openers(source: str, header: str) -> None:
    line = read_do(source)[-1]
    assert (line.text, line.error) == (header, None)
    assert line.block is not None and [inner.text for inner in line.block.lines] == ["sum x"]


@pytest.mark.parametrize("text", ['di "{"', "local x {", 'di as text "{hline}"', "display {", "sum ${x}"])
def test_no_openers(text: str) -> None:
    (line,) = read_do(text)
    assert line.block is None and line.error is None


ERRORS = {
    "if a { di 3 }": (198, "program error:  code follows on the same line as open brace"),
    "if a {\ndi 3\n} else {\ndi 4\n}": (198, "program error:  code follows on the same line as close brace"),
    "foreach x in a {\ndi 3 }": (612, "unexpected end of file"),
    "program f\ndi 1": (612, "unexpected end of file"),
    "input a\n1": (612, "unexpected end of file"),
    "if 1 {\n" * 500: (612, "unexpected end of file"),
}


@pytest.mark.parametrize(("source", "error"), ERRORS.items())
def test_errors_belong_to_the_line(source: str, error: tuple[int, str]) -> None:
    assert read_do(source)[0].error == error


COMPLETE = {
    "": True,
    "sum x": True,
    "sum x ///": False,
    "* c ///": False,
    "/* a": False,
    "/* a */": True,
    "foreach x in a {": False,
    "foreach x in a {\nsum `x'\n}": True,
    "program f": False,
    "program f\nif 1 {\nend": True,
    "program drop f": True,
    "mata:": False,
    "if a { di 1 }": True,
    "#delimit ;": True,
    "#delimit ;\nsum x": False,
    "#delimit ;\nsum x;": True,
}


@pytest.mark.parametrize(("text", "complete"), COMPLETE.items())
def test_is_complete(text: str, complete: bool) -> None:
    assert is_complete(text) is complete


def test_delimiter_is_carried_along() -> None:
    assert delimiter_after("#delimit ;\nsum x;") == ";"
    assert delimiter_after("sum x; #delimit cr\n", ";") == "cr"
    assert not is_complete("sum x", ";")
    assert [line.text for line in read_do("sum x; sum\n y;", delimiter=";")] == ["sum x", "sum  y"]


def test_decode() -> None:
    assert decode("é".encode()) == "é"
    assert decode("é".encode("latin-1")) == "é"
    assert decode(b"\xef\xbb\xbfsum") == "sum"
    assert decode("sum".encode("utf-16")) == "sum"
    assert decode(b"\x81\x8d") == "\x81\x8d"


PIECES = [
    "sum x",
    "* c",
    "",
    "  ",
    "// c",
    "reg y ///",
    "/* a",
    "b */ sum z",
    'di "a // b"',
    "}",
    "if 1 {",
    "end",
    "\tgen x=1 // c",
]


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_no_line_is_lost(lines: list[str]) -> None:
    assert physical(read_do("".join(f"{line}\n" for line in lines))) == lines


@given(st.text("ab\"'`/*; \n{}#delimtcr\\", max_size=60), st.sampled_from(["cr", ";"]))
def test_any_text_is_read(text: str, delimiter: str) -> None:
    for line in read_do(text, delimiter=delimiter):
        assert line.raw
        echo(line)
    is_complete(text, delimiter)


@given(st.lists(st.sampled_from(["sum x", "gen y = 1", 'di "a;b"', "reg y x, r"]), max_size=8))
def test_delimiters_agree(commands: list[str]) -> None:
    semicolons = "".join(f"{command};\n" for command in commands)
    assert [line.text for line in read_do("\n".join(commands)) if line.text] == commands
    assert [line.text for line in read_do(semicolons, delimiter=";")] == commands
