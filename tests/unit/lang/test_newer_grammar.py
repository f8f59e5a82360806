"""Variable lists with instruments and nesting, options that start with a digit, contrast operators."""

import pytest
from support import fails

from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.lint.reader import analyse


def name(text: str) -> nodes.NamePattern:
    return nodes.NamePattern(text)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("y (x = z w)", (name("y"), nodes.Instrumented((name("x"),), (name("z"), name("w"))))),
        ("y (x1 x2 =)", (name("y"), nodes.Instrumented((name("x1"), name("x2")), ()))),
        ("r.a@b", (nodes.Nested(nodes.FactorOp("r", name("a")), name("b")),)),
        (
            "ar.a gw.b q(2).c",
            tuple(nodes.FactorOp(op, name(v)) for op, v in (("ar", "a"), ("gw", "b"), ("q(2)", "c"))),
        ),
        (
            "ib(first).x i(2/4).y o.z",
            tuple(nodes.FactorOp(op, name(v)) for op, v in (("ib(first)", "x"), ("i(2/4)", "y"), ("o", "z"))),
        ),
    ],
)
def test_varlists(text: str, terms: nodes.Varlist):
    assert parse("varlist", text) == terms


def test_options_that_start_with_a_digit():
    node = parse("standard", "y x if z == 1, 2sls small 3sls(a) 2aster")
    assert [o.name for o in node.clauses.options] == ["2sls", "small", "3sls", "2aster"]
    assert node.clauses.if_ == nodes.Binary("==", nodes.Name("z"), nodes.Number(1.0))


def test_what_cannot_be_done_is_named():
    setup = "sysuse hsb\n"
    fails(
        setup + "regress mathach (ses = female)",
        198,
        "instruments (varlist = varlist) not yet supported here",
    )
    fails(setup + "regress mathach ses, 2sls", 198, "option 2sls not allowed")


def test_lint_tells_of_instruments():
    found = analyse("regress y (x = z)\nregress y x\n", "a.do").commands
    assert [lack.name for lack in found[0].lacks] == ["regress (varlist = varlist)"]
    assert found[1].lacks == ()


@pytest.mark.parametrize(
    "line",
    [
        "quietly summarize `v' [weight `exp'] , detail",
        "regress y x [`weight' `exp'] if `touse'",
        "regress y x [`weight'`exp'], vce(robust)",
        "matrix F[$i,1] = r(p), r(drop), e(df_r), $k",
        "generate p`p' = (d == `p') if _b[\"`i'.lr#1.x\"] > 0",
        'outreg2 using x, tdec(3) 2aster addtext("20. Less than $100,000") replace',
        "ivregress 2sls `i' (r2012=t) left right  i.g [aw= w] , r",
        "keep *mean *minmax *p??p??? *cv N",
    ],
)
def test_lines_of_real_do_files_parse(line: str):
    assert all(command.parsed for command in analyse(line + "\n", "a.do").commands)
