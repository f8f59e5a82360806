"""Laws of the clauses: every syntax that has them reads them in any order, with any expression inside."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.lang.nodes import Clauses
from pystata_hlm.lang.parser import parse
from pystata_hlm.lang.unparse import unparse

EXPRESSIONS = [
    "x",
    "x==1",
    "x[_n-1]",
    "_n>3",
    ".",
    "x==.",
    "x>=.a",
    '"a,b"',
    '`"a"b"\'',
    "r(mean)",
    "e(b)[1,2]",
    "_b[x]",
    "[eq]x",
    "[eq]_b[x]",
    "ln(x)",
    "(x)",
    "!x",
    "-x",
    "1",
    ".5",
    "1e-5",
    "2.g",
    "L.x",
    "td(1jan2000)",
    "tin(1990q1,)",
    "c(N)",
    "x&y|z",
    "x^-1",
    "2.a#c.x",
    "_rc",
    "runiform()",
    "s(a)",
    "e(sample)",
    "m",
    "d",
    "_pi",
    "missing(x,y)",
    "x[1]*y[_N]",
    "A[1,2]",
    '"ifxin"',
    "as",
]
OPTIONS = [
    "detail",
    "as(png)",
    'title("a,(b")',
    "at(x=(1,2))",
    "r",
    "c",
    "level(95)",
    "vce(cluster_id)",
    "nolog",
    'legend(order(1"a"))',
    'by(g,note(""))',
    't(`"x"\')',
    "L(3)",
    "x1",
    "mean",
]
HEADS = {
    "standard": ["", "y", "y x1-x5", "i.(a b)##c.x", "as in_x ifx"],
    "mixed": ["y", "y c.x##i.g"],
    "anything": ["", 'a (b) "c" d', "1:1 id", "x==y y[1]"],
    "generate": ["x=1", "double x = ln(y)", "x:l = y"],
    "assertion": ["x==1", "(x)"],
    "explist": ["", "a=r(mean)", "_b _se", "(e: a=r(m) _b) r(sd)/2"],
    "newvars": ["double x", "x*", "x1-x3"],
    "egen": ["m = mean(y)", "float m=rowmean(a b*)"],
    "clauses": [""],
}
RANGES = ["1/5", "f/l", "-5/L", "3", " 1 / 2"]
WEIGHTS = ["[aw=x]", "[fweight = x/2]", "[w=e(N)]", "[pw= x[1]]"]


@st.composite
def lines(draw: st.DrawFn) -> tuple[str, str, dict[str, str | None], list[str]]:
    start = draw(st.sampled_from(sorted(HEADS)))
    clauses: dict[str, str | None] = dict.fromkeys(("if", "in", "weight"))
    for kind, pool in (("if", EXPRESSIONS), ("in", RANGES), ("weight", WEIGHTS)):
        if draw(st.booleans()):
            clauses[kind] = draw(st.sampled_from(pool))
    shown = [
        f"if {text}" if kind == "if" else f"in {text}" if kind == "in" else text
        for kind, text in clauses.items()
        if text
    ]
    options = draw(st.lists(st.sampled_from(OPTIONS), max_size=3))
    shown = draw(st.permutations(shown))
    text = " ".join([draw(st.sampled_from(HEADS[start])), *shown])
    if options:
        text += draw(st.sampled_from([",", " , ", ", "])) + draw(st.sampled_from([" ", ", ", "  "])).join(
            options
        )
    return start, text, clauses, options


@settings(max_examples=300)
@given(lines())
def test_clauses_and_options(line: tuple[str, str, dict[str, str | None], list[str]]) -> None:
    start, text, wanted, options = line
    node = parse(start, text)
    found = node if isinstance(node, Clauses) else node.clauses
    assert (found.if_ is not None, found.in_ is not None, found.weight is not None) == tuple(
        wanted[kind] is not None for kind in ("if", "in", "weight")
    )
    if found.if_ is not None:
        assert unparse(found.if_) == unparse(parse("expr", wanted["if"] or ""))
    shown = [o.name if o.argument is None else f"{o.name}({o.argument})" for o in found.options]
    assert shown == options
    assert [text[o.start : o.end] for o in found.options] == options


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_stands_before_every_end(expression: str) -> None:
    """Nothing that follows an expression changes how it is read."""
    alone = unparse(parse("expr", expression))
    for tail in ("", " in 1/2", " [aw=y]", ", detail", " , title(a)", " in 3, by(g)"):
        assert unparse(parse("standard", f"x if {expression}{tail}").clauses.if_) == alone
    assert unparse(parse("generate", f"x={expression} if y").exp) == alone
    assert unparse(parse("assertion", f"{expression}, rc0").exp) == alone
