"""Text to nodes, by table. What is right is Stata's documented syntax ([U] 11, 13; [R] mixed)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes as n
from pystata_hlm.lang.parser import START_RULES, mask_compound, parse, split_condition
from pystata_hlm.lang.prefixes import split
from pystata_hlm.lang.source import decode, read_do
from pystata_hlm.lang.unparse import unparse


def num(value: float) -> n.Number:
    return n.Number(float(value))


def names(text: str) -> tuple[n.NamePattern, ...]:
    return tuple(n.NamePattern(word) for word in text.split())


X, Y = n.Name("x"), n.Name("y")

# fully parenthesised text shows how operators bind: [U] 13.2.6, order of evaluation
PRECEDENCE = {
    "-2^2": "-(2^2)",
    "2^-1": "2^(-1)",
    "a^b^c": "(a^b)^c",
    "!x==y": "(!x)==y",
    "~x==y": "(!x)==y",
    "!x^2": "(!x)^2",
    "!-x": "!(-x)",
    "-x*y": "(-x)*y",
    "a-b-c": "(a-b)-c",
    "a/b*c": "(a/b)*c",
    "a+b*c": "a+(b*c)",
    "a - -5": "a-(-5)",
    "a+b>c-d": "(a+b)>(c-d)",
    "a==b & c==d | e": "((a==b)&(c==d))|e",
    "a|b&c": "a|(b&c)",
    "a<b<c": "(a<b)<c",
    "x~=y": "x!=y",
    "x != y": "x!=y",
    "1==2|3|4": "((1==2)|3)|4",
    "-a^-b": "-(a^(-b))",
}


@pytest.mark.parametrize(("text", "shown"), PRECEDENCE.items())
def test_precedence(text: str, shown: str) -> None:
    assert full(parse("expr", text)) == shown


def full(node: n.Expr, top: bool = True) -> str:
    """Every operator with its parentheses."""
    if isinstance(node, n.Binary):
        text = f"{full(node.left, False)}{node.op}{full(node.right, False)}"
    elif isinstance(node, n.Unary):
        text = f"{node.op}{full(node.operand, False)}"
    else:
        return unparse(node)
    return text if top else f"({text})"


ATOMS: dict[str, n.Expr] = {
    "1e-5": num(1e-5),
    ".5": num(0.5),
    "5.": num(5),
    "1d3": num(1000),
    "1.8x+1": num(3),
    "1.0x-1": num(0.5),
    "1.921fb54442d18x+001": num(math.pi),
    '"a b"': n.String("a b"),
    '""': n.String(""),
    '`"say "hi""\'': n.String('say "hi"'),
    '`"a `"b"\' c"\'': n.String('a `"b"\' c'),
    "_n": n.Name("_n"),
    "x[_n-1]": n.Subscript("x", n.Binary("-", n.Name("_n"), num(1))),
    "A[1,2]": n.Subscript("A", num(1), num(2)),
    'A["r","c"]': n.Subscript("A", n.String("r"), n.String("c")),
    "3.rep78": n.Operated("3", "rep78"),
    "L.x": n.Operated("L", "x"),
    "L2D.x": n.Operated("L2D", "x"),
    "ln(x)": n.Function("ln", (X,)),
    "runiform()": n.Function("runiform", ()),
    "cond(x, y, .)": n.Function("cond", (X, Y, n.Number(math.nan))),
    "td(01jan2000)": n.Function("td", (n.String("01jan2000"),)),
    "tin(1990q1, 1995q4)": n.Function("tin", (n.String("1990q1"), n.String("1995q4"))),
    "tc(1jan2000 12:00:00)": n.Function("tc", (n.String("1jan2000 12:00:00"),)),
    "r(mean)": n.StoredResult("r", "mean"),
    "e(b)[1,2]": n.StoredResult("e", "b", num(1), num(2)),
    "c(N)": n.StoredResult("c", "N"),
    "e(sample)": n.StoredResult("e", "sample"),
    "_b[x]": n.Coefficient("_b", "", "x"),
    '_b["x"]': n.Coefficient("_b", "", "x"),
    '"one":lab': n.Labelled(n.String("one"), "lab"),
    '"a b" : lab': n.Labelled(n.String("a b"), "lab"),
    "_coef[x]": n.Coefficient("_b", "", "x"),
    "_b[1.sector#c.ses]": n.Coefficient("_b", "", "1.sector#c.ses"),
    "_se[eq:x]": n.Coefficient("_se", "eq", "x"),
    "[eq]_b[x]": n.Coefficient("_b", "eq", "x"),
    "[eq]x": n.Coefficient("_b", "eq", "x"),
    "[2]_se[_cons]": n.Coefficient("_se", "2", "_cons"),
    "_b[/sigma_u]": n.Coefficient("_b", "/", "sigma_u"),
    "_b[lns1_1_1:_cons]": n.Coefficient("_b", "lns1_1_1", "_cons"),
    "2.a#c.x": n.Coefficient("_b", "", "2.a#c.x"),
    "_b": n.Name("_b"),
    "año": n.Name("año"),
    "abs (x)": n.Function("abs", (X,)),
}


@pytest.mark.parametrize(("text", "node"), ATOMS.items())
def test_atoms(text: str, node: n.Expr) -> None:
    assert repr(parse("expr", text)) == repr(node)  # repr, for NaN equals no NaN


@pytest.mark.parametrize(("text", "code"), {".": 0, ".a": 1, ".z": 26}.items())
def test_missing(text: str, code: int) -> None:
    node = parse("expr", text)
    assert math.isnan(node.value) and node.code == code


def test_missing_before_operators_and_keywords() -> None:
    assert unparse(parse("expr", "x==.&y<.a|z>=.")) == "x==.&y<.a|z>=."
    assert parse("generate", "x=.if y").clauses.if_ == Y


def test_subscript_is_no_equation() -> None:
    node = parse("standard", "y if x[1] [aw=y]").clauses
    assert node.if_ == n.Subscript("x", num(1))
    assert node.weight == n.Weight("aweight", Y)


def op(text: str, target: n.VarTerm | str) -> n.FactorOp:
    return n.FactorOp(text, n.NamePattern(target) if isinstance(target, str) else target)


VARLISTS: dict[str, tuple[n.VarTerm, ...]] = {
    "a b": names("a b"),
    "a*  *price t?p abc~ _all": names("a* *price t?p abc~ _all"),
    "x1-x5": (n.NameRange("x1", "x5"),),
    "price - turn t*": (n.NameRange("price", "turn"), n.NamePattern("t*")),
    "i.g": (op("i", "g"),),
    "ib3.rep78": (op("ib3", "rep78"),),
    "ib(first).g": (op("ib(first)", "g"),),
    "ib(#2).g ibn.g": (op("ib(#2)", "g"), op("ibn", "g")),
    "i(1/3).g o.x 0.g 1b.g": (op("i(1/3)", "g"), op("o", "x"), op("0", "g"), op("1b", "g")),
    "L.x L(0/2).y D2.z": (op("L", "x"), op("L(0/2)", "y"), op("D2", "z")),
    "c.x#i.g": (n.Interaction(op("c", "x"), op("i", "g"), False),),
    "c.x##i.g": (n.Interaction(op("c", "x"), op("i", "g"), True),),
    "a#b##c": (n.Interaction(n.Interaction(*names("a b"), False), n.NamePattern("c"), True),),
    "i.(a b)##c.x": (n.Interaction(op("i", n.Group(names("a b"))), op("c", "x"), True),),
    "L(1/3).(x y)": (op("L(1/3)", n.Group(names("x y"))),),
    "2.x#c.y": (n.Interaction(op("2", "x"), op("c", "y"), False),),
    "i.a-c": (op("i", n.NameRange("a", "c")),),
    "cL.x": (op("cL", "x"),),
}


@pytest.mark.parametrize(("text", "terms"), VARLISTS.items())
def test_varlists(text: str, terms: tuple[n.VarTerm, ...]) -> None:
    assert parse("varlist", text) == terms


def opt(name: str, argument: str | None = None) -> tuple[str, str | None]:
    return name, argument


def opts(found: tuple[n.Option, ...]) -> list[tuple[str, str | None]]:
    return [(o.name, o.argument) for o in found]


OPTIONS: dict[str, list[tuple[str, str | None]]] = {
    "detail": [opt("detail")],
    'title("a, (b")': [opt("title", '"a, (b"')],
    'title ("A") b': [opt("title", '"A"'), opt("b")],
    "at(x=(1 2)) at(y=3)": [opt("at", "x=(1 2)"), opt("at", "y=3")],
    'legend(order(1 "a") )': [opt("legend", 'order(1 "a") ')],
    "ysc(r(0 5)) l1(x)": [opt("ysc", "r(0 5)"), opt("l1", "x")],
    "a, b,, c,": [opt("a"), opt("b"), opt("c")],
    't(`"say "(" "\')': [opt("t", '`"say "(" "\'')],
    "x(  a  b )": [opt("x", "  a  b ")],
    "vce(cluster id) nolog": [opt("vce", "cluster id"), opt("nolog")],
    "e()": [opt("e", "")],
    "t(it's)": [opt("t", "it's")],
    "f(`x)": [opt("f", "`x")],
    "": [],
}


@pytest.mark.parametrize(("text", "expected"), OPTIONS.items())
def test_options(text: str, expected: list[tuple[str, str | None]]) -> None:
    found = parse("options", text)
    assert opts(found) == expected
    for option in found:
        typed = text[option.start : option.end]
        assert typed.startswith(option.name) and typed.endswith(")" if option.argument is not None else "")


STANDARD = (
    "mathach ses if foreign == 1 | (mpg > 20 & headroom < 10) in 1/10 [aw=w], detail",
    "mathach ses [aw=w] in 1/10 if foreign == 1 | (mpg > 20 & headroom < 10) , detail",
    "mathach ses, detail if foreign==1|(mpg>20&headroom<10) [aw = w] in 1/10",
    "mathach ses,detail,if foreign==1|(mpg>20&headroom<10) in 1/10 [aweight=w]",
)


@pytest.mark.parametrize("text", STANDARD)
def test_standard_clauses_in_any_order(text: str) -> None:
    node = parse("standard", text)
    assert node.varlist == names("mathach ses")
    clauses = node.clauses
    assert unparse(clauses.if_) == "foreign==1|mpg>20&headroom<10"
    assert clauses.in_ == n.InRange(num(1), num(10))
    assert clauses.weight == n.Weight("aweight", n.Name("w"))
    assert opts(clauses.options) == [opt("detail")]


def test_standard_parts() -> None:
    assert parse("standard", "") == n.Standard()
    assert parse("standard", "= exp(1)").exp == n.Function("exp", (num(1),))
    assert parse("standard", "x = y if x").exp == Y
    assert parse("standard", "if(x==1)").clauses.if_ == n.Binary("==", X, num(1))
    using = parse("standard", 'a b using "my file.dta" c.raw, clear').clauses
    assert (using.using, using.files) == ("my file.dta", ("my file.dta", "c.raw"))
    assert parse("clauses", 'using `"a "b" c"\'').using == 'a "b" c'


WEIGHTS = {
    "aw": "aweight",
    "fweight": "fweight",
    "pw ": "pweight",
    "iweights": "iweight",
    "w": "weight",
    "weight": "weight",
    "": "weight",
}


@pytest.mark.parametrize(("word", "kind"), WEIGHTS.items())
def test_weights(word: str, kind: str) -> None:
    assert parse("clauses", f"if x [{word}= y/2]").weight == n.Weight(kind, n.Binary("/", Y, num(2)))


RANGES = {
    "1/5": (num(1), num(5)),
    "f/l": (n.Name("f"), n.Name("l")),
    "-5/L": (num(-5), n.Name("l")),
    "7": (num(7), None),
}


@pytest.mark.parametrize(("text", "bounds"), RANGES.items())
def test_in(text: str, bounds: tuple[Any, Any]) -> None:
    assert parse("clauses", f"in {text} if x").in_ == n.InRange(*bounds)


ANYTHING = {
    '(a=1) x "if in" y[_n] z=3': '(a=1) x "if in" y[_n] z=3',
    "1:1 id": "1:1 id",
    '`"a `"b"\' , c"\' d': '`"a `"b"\' , c"\' d',
    'v "Social Setting (Grouped)': 'v "Social Setting (Grouped)',
    "mpg==20": "mpg==20",
    "_b[x] - 2*[eq]y": "_b[x] - 2*[eq]y",
    "C:\\My Data\\x.dta": "C:\\My Data\\x.dta",
    "-x +y": "-x +y",
    "": "",
}


@pytest.mark.parametrize(("text", "raw"), ANYTHING.items())
@pytest.mark.parametrize("tail", ["", " if z==3 in 1/2, opt(1)"])
def test_anything(text: str, raw: str, tail: str) -> None:
    if tail and text.count('"') % 2:
        pytest.skip("an open string takes the rest of the line")
    node = parse("anything", text + tail)
    assert node.text == raw
    if tail:
        assert unparse(node.clauses.if_) == "z==3"
        assert opts(node.clauses.options) == [opt("opt", "1")]


def test_anything_exp() -> None:
    node = parse("anything_exp", "define x = 3+4 if a, b")
    assert (node.text, unparse(node.exp), node.clauses.if_) == ("define x", "3+4", n.Name("a"))
    node = parse("anything_exp", "x==y z<=1")
    assert (node.text, node.exp) == ("x==y z<=1", None)


def test_generate() -> None:
    node = parse("generate", "double x:lbl = a+b if c in 2, before(z)")
    assert (node.stype, node.name, node.value_label, unparse(node.exp)) == ("double", "x", "lbl", "a+b")
    assert (node.clauses.if_, opts(node.clauses.options)) == (n.Name("c"), [opt("before", "z")])
    assert parse("generate", 'str8 s=""').stype == "str8"
    assert parse("generate", "x=1").stype is None
    assert parse("generate", "R = _b[/sigma_u]^2").name == "R"
    assert parse("generate", "highmileage = mpg > 20").exp == n.Binary(">", n.Name("mpg"), num(20))


def test_egen() -> None:
    node = parse("egen", "float m = rowtotal(a b* (c)) if z, by(id)")
    assert (node.stype, node.name, node.function, node.argument) == ("float", "m", "rowtotal", "a b* (c)")
    assert opts(node.clauses.options) == [opt("by", "id")]
    assert parse("egen", "devses=sd(ses)").argument == "ses"


def test_newvars() -> None:
    node = parse("newvars", "double l2resid*, reffects")
    assert (node.stype, node.names) == ("double", names("l2resid*"))
    assert parse("newvars", "x1-x5 if y").names == (n.NameRange("x1", "x5"),)


def test_by() -> None:
    node = parse("by", "foreign x1-x3 (price mpg), sort rc0")
    assert node.groups == (n.NamePattern("foreign"), n.NameRange("x1", "x3"))
    assert node.sort == names("price mpg")
    assert opts(node.options) == [opt("sort"), opt("rc0")]


def test_mixed_of_the_notes() -> None:
    node = parse("mixed", "mathach c.ses##i.sector i.female#i.sector || id: female, cov(unstr) robust")
    assert len(node.varlist) == 3
    assert node.clauses == n.Clauses()
    (equation,) = node.equations
    assert (equation.level, equation.varlist) == ("id", names("female"))
    assert opts(equation.options) == [opt("cov", "unstr"), opt("robust")]


MIXED = {
    "y x": ([], None),
    "y x, || id:": ([("id", "", None)], None),
    "y x || id: if z": ([("id", "", None)], "z"),
    "y x if z || id:t,cov(un) || g: , mle": ([("id", "t", None), ("g", "", None)], "z"),
    "y x || _all: R.a || b:": ([("_all", "", "a"), ("b", "", None)], None),
    "y x||id: t": ([("id", "t", None)], None),
}


@pytest.mark.parametrize(("text", "expected"), MIXED.items())
def test_mixed(text: str, expected: tuple[list[tuple[str, str, str | None]], str | None]) -> None:
    node = parse("mixed", text)
    assert node.varlist == names("y x")
    shown = [(e.level, " ".join(t.text for t in e.varlist), e.crossed) for e in node.equations]
    assert shown == expected[0]
    assert (unparse(node.clauses.if_) if node.clauses.if_ else None) == expected[1]


def test_mixed_options_after_empty_bars_go_to_the_last_equation() -> None:
    node = parse("mixed", "y x, noconstant || id: t || , reml")
    assert opts(node.clauses.options) == [opt("noconstant")]
    assert opts(node.equations[0].options) == [opt("reml")]


TWOWAY = {
    "(scatter y x if a|b, ms(o)) (lfit y x), legend(off)": [
        ("scatter", "y x if a|b, ms(o)"),
        ("lfit", "y x"),
    ],
    "scatter y x, mc(red) || lowess y x || , legend(off)": [("scatter", "y x, mc(red)"), ("lowess", "y x")],
    "(scatter y x || line a b) , legend(off)": [("scatter", "y x"), ("line", "a b")],
    "(scatter y x) || line a b ||, legend(off)": [("scatter", "y x"), ("line", "a b")],
    'scatter y x, title("a || b") ||, legend(off)': [("scatter", 'y x, title("a || b")')],
    "function y=x^2, range(-1 1) || , legend(off)": [("function", "y=x^2, range(-1 1)")],
}


@pytest.mark.parametrize(("text", "plots"), TWOWAY.items())
def test_twoway(text: str, plots: list[tuple[str, str]]) -> None:
    node = parse("twoway", text)
    assert [(p.plottype, p.text) for p in node.plots] == plots
    assert opts(node.clauses.options) == [opt("legend", "off")]


def test_twoway_if_after_the_plots() -> None:
    node = parse("twoway", "(scatter y x) (lfit y x) if z==1, by(f)")
    assert unparse(node.clauses.if_) == "z==1"


def items(text: str) -> list[tuple[str, str]]:
    out = []
    for item in parse("display", text).items:
        shown = item.text or (unparse(item.exp) if item.exp is not None else "")
        out.append((item.kind, f"{item.format} {shown}" if item.format else shown))
    return out


DISPLAY = {
    '"a" x': [("string", "a"), ("exp", "x")],
    "%9.2f x %5s y": [("exp", "%9.2f x"), ("exp", "%5s y")],
    "%tdNN/DD/CCYY d %-12.0gc x": [("exp", "%tdNN/DD/CCYY d"), ("exp", "%-12.0gc x")],
    "a, b": [("exp", "a"), ("comma", ""), ("exp", "b")],
    'as text "x" as res y in red "z"': [
        ("as", "text"),
        ("string", "x"),
        ("as", "res"),
        ("exp", "y"),
        ("in", "red"),
        ("string", "z"),
    ],
    '_col(5) "x" _n _newline(2) _c': [
        ("column", "5"),
        ("string", "x"),
        ("newline", ""),
        ("newline", "2"),
        ("continue", ""),
    ],
    '_dup(3) "-" _skip(2) _char(65) _request(mac)': [
        ("dup", "3"),
        ("string", "-"),
        ("skip", "2"),
        ("char", "65"),
        ("request", "mac"),
    ],
    "1+_n": [("exp", "1+_n")],
    '"open string': [("string", "open string")],
    "= 2+2": [("exp", "2+2")],
    "v3/(v3 + v2), (v2 + v3)/v1": [("exp", "v3/(v3+v2)"), ("comma", ""), ("exp", "(v2+v3)/v1")],
    "_rc": [("exp", "_rc")],
    '"a"+"b"': [("exp", '"a"+"b"')],
    "": [],
}


@pytest.mark.parametrize(("text", "expected"), DISPLAY.items())
def test_display(text: str, expected: list[tuple[str, str]]) -> None:
    assert items(text) == expected


def test_expression_lists() -> None:
    node = parse("explist", "(eq: a=r(mean) _b) mean=r(mean) r(sd)/2 _b _se (r(a)-r(b)), reps(50)")
    assert [(i.equation, i.name, i.text) for i in node.items] == [
        ("eq", "a", "r(mean)"),
        ("eq", None, "_b"),
        (None, "mean", "r(mean)"),
        (None, None, "r(sd)/2"),
        (None, None, "_b"),
        (None, None, "_se"),
        (None, None, "r(a)-r(b)"),
    ]
    assert opts(node.clauses.options) == [opt("reps", "50")]
    assert opts(parse("explist", ", cluster(id)").clauses.options) == [opt("cluster", "id")]


def test_at() -> None:
    node = parse("atspec", "ses=(1 2 3) x=(1(1)3) (mean) _all y=gen(x+1) z=-2 1.g=.5")
    shown = [(unparse(i.exp) if i.exp else i.values, i.statistic) for i in node.items]
    assert shown == [
        ((1, 2, 3), None),
        ((1, 2, 3), None),
        (None, "mean"),
        ("x+1", None),
        ((-2,), None),
        ((0.5,), None),
    ]
    assert node.items[5].term == op("1", "g")


def test_assertion() -> None:
    node = parse("assertion", "x==1 if y, rc0")
    assert (unparse(node.exp), node.clauses.if_, opts(node.clauses.options)) == ("x==1", Y, [opt("rc0")])


def test_parsed_lines_are_shared() -> None:
    assert parse("standard", "y x, detail") is parse("standard", "y x, detail")


def test_masking_keeps_length_and_plain_text() -> None:
    text = 'a `"b `"c"\' d"\' "`"\' e'
    masked = mask_compound(text)
    assert len(masked) == len(text)
    assert masked.startswith("a \x01") and masked.endswith('"`"\' e')
    assert mask_compound('x "y" z') == 'x "y" z'


@pytest.mark.parametrize("start", START_RULES)
def test_empty_text(start: str) -> None:
    """Only what needs something refuses nothing, and does so as Stata would."""
    try:
        parse(start, "")
    except StataError as error:
        assert error.rc in (100, 198)
        assert start in ("expr", "varlist", "generate", "egen", "newvars", "assertion", "by", "mixed")


RULES = {
    **dict.fromkeys(("mixed", "xtmixed", "melogit", "mepoisson"), "mixed"),
    **dict.fromkeys(("generate", "gen", "replace", "scalar"), "generate"),
    **dict.fromkeys(("display", "di"), "display"),
    **dict.fromkeys(
        ("summarize", "summ", "sum", "list", "regress", "reg", "drop", "keep", "sort", "margins"), "standard"
    ),
    **dict.fromkeys(
        ("logit", "ologit", "poisson", "tab", "tabulate", "pwcorr", "corr", "correlate"), "standard"
    ),
    "egen": "egen",
}


def test_every_command_of_the_cases_has_a_parse() -> None:
    """The commands of the real logs, each by the rule of its command word (else by ``anything``)."""
    cases = Path(__file__).resolve().parents[4] / "shared" / "cases"
    if not cases.is_dir():
        pytest.skip("reference cases are not here")
    prefixes = {w: (w, False) for w in ("quietly", "capture")} | {
        w: (w, True) for w in ("by", "bysort", "statsby")
    }
    count = 0
    for path in sorted(cases.glob("*/case.do")):
        for line in read_do(decode(path.read_bytes())):
            command = split(line.text, prefixes.get)
            if command.word and "`" not in line.text and command.word != "mata":
                parse(RULES.get(command.word, "anything"), command.rest)
                for word, text in command.prefixes:
                    parse({"by": "by", "bysort": "by", "statsby": "explist"}.get(word, "anything"), text)
                count += 1
    assert count > 300


CONDITIONS = {
    "1==1 di 2": ("1==1", "di 2"),
    '_rc==0 & "$s"!="" local k 2': ('_rc==0 & "$s"!=""', "local k 2"),
    '(a) di "x (y"': ("(a)", 'di "x (y"'),
    "_rc exit": ("_rc", "exit"),
    '"a"=="b" quietly: sum x if z, detail': ('"a"=="b"', "quietly: sum x if z, detail"),
    "inlist(x, 1, 2) replace y = -1": ("inlist(x, 1, 2)", "replace y = -1"),
    "x > 3": ("x > 3", ""),
}


@pytest.mark.parametrize(("text", "expected"), CONDITIONS.items())
def test_split_condition(text: str, expected: tuple[str, str]) -> None:
    assert split_condition(text) == expected


@pytest.mark.parametrize("text", ["", "+", "x == = di 2", "if x", ") di 2"])
def test_no_condition(text: str) -> None:
    with pytest.raises(StataError):
        split_condition(text)


def test_long_expressions() -> None:
    """700 terms can be read and walked; more levels than Stata's limit of operators are r(130)."""
    node = parse("expr", "|".join(f"x=={k}" for k in range(700)))
    assert unparse(node).count("|") == 699
    assert isinstance(hash(node), int)
    for text in ("1" + "+1" * 3000, "!" * 3000 + "1"):
        with pytest.raises(StataError) as caught:
            parse("generate", f"x = {text}")
        assert (caught.value.rc, caught.value.message) == (130, "expression too long")
    assert parse("expr", "(" * 3000 + "1" + ")" * 3000) == num(1)
    assert len(parse("varlist", " ".join(f"x{k}" for k in range(5000)))) == 5000
