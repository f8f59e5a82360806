"""Commands of a do-file, found without running it."""

from __future__ import annotations

import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pystata_hlm.lint.reader import Command, analyse, outline


def commands(text: str, **known: frozenset[str]) -> list[Command]:
    return analyse(textwrap.dedent(text), "a.do", **known).commands


def names(text: str) -> list[str]:
    return [command.name for command in commands(text)]


def lacks(text: str) -> list[str]:
    return [lack.name for command in commands(text) for lack in command.lacks]


# Forms of the usage study (../shared/reference/dofile-usage.md, section 10) and of public do-files, in our words.
FORMS = """
set mem 500m
set more off, permanently
xi: reg y i.a*i.b i.c|x, r
merge id using "c:\\data\\file 2.dta", unique nokeep keep(a b) _merge(m2)
merge 1:1 id using `f', keepusing(x) nogen assert(match master)
collapse a b, by(id)
collapse (mean) a b (sd) sa=a (p50) m=b [aw=w] if z, by(id t)
gen x = a~=b & ~missing(c) & !d
gen a:lbl = b > 3
gen str8 s = ""
gen p = e(b)[1,2] + _b[x] + [eq1]_b[y] + _b[eq:x]
gen id = [_n]
replace x = 2 in -5/l
reg y x, r if z==1
reg y x ,
reg y x [w=pop]
reg y `x' [`weight'`exp'] `if', nocons vce(cluster `cl')
reg `v' a [`weight' `exp'] `if'
mixed y x, || id: z, cov(un)
mixed y x||id:t,cov(un) var
mixed y x || _all: R.a || b:, reml
mixed P ibn.R i.R#(c.t##c.t), nocons || cc:
margins, at(x=(`a'(0.25)`b')) at(z=0) post
label define yn 1"a" 2"b", modify
label var x `"Hi "there""'
use"panel", clear
levelsof(x), local(l) clean
assert    word("`v'", 2) == ""
di "abc
di in ye "abc" in gr x
di `"replace a = "`:word 1 of `l''""'
local x : word `i' of `l'
local ++i
local f: di "[" %3.2f e(b)[1, 1] "]"
local s = `"`s' [`v'=`t']"'
mat A = (1,2\\3,4)'
mat `N' = nullmat(`N'), e(N)
recode x (min/.5=0 "No") (else=1), gen(y)
twoway (scatter y x if z, mcolor(red) ) (lfit y x) ,legend(off) `o'
twoway kdensity a, bwidth(2) || kdensity b || , title("x (y)")
hist x [w=1], freq yti("")
graph bar (mean) x y, over(g, label(angle(45))) asyvars
bysort c (year) : drop if missing(g[28])
by id, sort : egen m = max(x*(y==1))
cap n: reg y x
if _rc==0 & "$s"!="" local k 2
if `a' exit
if !inlist("`m'", "c", "ct") local m = 1
if "`c(os)'"=="Windows" cd "C:\\x"
if r(N) == 0 error 2000
bootstrap, seed(1) reps(100) nodots:regress y x,
statsby _b, by(g) clear: reg y x
version 12: reg y x
predict double r*, reffects
predict `yhat', `opt'
test [y]x1=[y]x2
test (_b[a] - _b[b] == 0)
lincom 1.a#c.x + 2*_cons
egen c = cut(x), at(`=3-6*5'(5)34) icodes
gen e = cond(missing(x),.,x^-1)
replace s = subinstr(s, "\\$", "", .)
keep yr$y vol_yr$y $list
sum x if R==`r', meanonly
su a b, sep (0)
"""


@pytest.mark.parametrize("line", FORMS.strip().splitlines())
def test_forms_parse(line: str) -> None:
    found = commands(line)
    assert found
    assert [command.message for command in found if not command.parsed] == []


@pytest.mark.parametrize(
    ("text", "rc"),
    [
        ("reg y x if a = 2", 101),
        ("gen x = 1 +* 2", 198),
        ("gen x", 100),
        ("reg y x, r)", 132),
        ("logit y x (", 132),
        ("if x== {\n}", 198),
        ("forvalues i=1/3\n", 100),
        ("foreach x of {\n}", 198),
        ("quietly {\nsum x\n", 612),
        ("local a = 1 +", 198),
        ("scatter y x, title((", 132),
    ],
)
def test_wrong_lines_are_found(text: str, rc: int) -> None:
    assert [command.rc for command in commands(text) if command.rc] == [rc]


def test_position() -> None:
    found = commands("sum x\nreg y x ///\n   z if a = 2\n")
    assert [(c.line, c.column) for c in found if c.rc] == [(3, 11)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("qui reg y x", ["quietly", "regress"]),
        ("cap noi bys id: gen x=1", ["capture", "noisily", "bysort", "generate"]),
        ("foreach v in a b {\nsum `v'\n}", ["foreach", "summarize"]),
        ("qui forvalues i=1/3 {\nsum x\n}", ["quietly", "forvalues", "summarize"]),
        (
            "if a {\nsum x\n}\nelse if b {\ndesc\n}\nelse {\ncount\n}",
            ["if", "summarize", "else", "describe", "else", "count"],
        ),
        ("if `a'==1 local b 2\nelse sum x", ["if", "local", "else", "summarize"]),
        ("{\nsum x\n}", ["summarize"]),
        ("capture {\nsum x\n}", ["capture", "summarize"]),
        ("quietly `noi' {\nsum x\n}", ["quietly", "", "summarize"]),
        ("mata\nx = (\nend\nsum x", ["mata", "summarize"]),
        ("mata: st_view(X=., ., 1)", ["mata"]),
        ("input a b\n1 2 (\nend", ["input"]),
        ("program foo\nsum x\nend", ["program", "summarize"]),
        ("sum x\nexit\nthis is (text\n", ["summarize", "exit"]),
        ("if a exit\nsum x", ["if", "exit", "summarize"]),
        ("svy: mean x", ["svy", "mean"]),
        ("!dir c:\\x", ["shell"]),
        ("#delimit ;\nsum x\n y;\n#delimit cr\ndesc", ["#delimit", "summarize", "#delimit", "describe"]),
    ],
)
def test_commands(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sum x, detail", []),
        ("summarize x, nosuch", ["summarize, nosuch"]),
        ("nosuchcmd a", ["nosuchcmd"]),
        ("makecns 1", ["makecns"]),
        ("gen x = nosuchfcn(y)", ["nosuchfcn()"]),
        ("egen x = nosuch(y)", ["egen nosuch()"]),
        ("estat nosuch", ["estat nosuch"]),
        ("graph nosuch x", ["graph nosuch"]),
        ("frames save x", ["frame save"]),
        ("frame nosuch: summarize x", []),
        ("frame x {\nsummarize y\n}", []),
        ("twoway nosuchplot y x", ["twoway nosuchplot"]),
        ("scatter y x, nosuchopt(1)", ["twoway, nosuchopt"]),
        ('scatter y x, by(g, total note("") cols(1)) title("a", size(small))', []),
        ("scatter y x, by(g, nosuch(1))", ["twoway, by(nosuch)"]),
        ('scatter y x, legend(order(1 "a") nosuch) name(g, replace)', ["twoway, legend(nosuch)"]),
        ("scatter y x, saving(f, asis)", ["twoway, saving(asis)"]),
        ("scatter y x, title(`t', `o')", []),
        ("regress y x, vce(cluster g)", []),
        ("regress y x, vce(bootstrap, reps(50) seed(1))", ["regress, vce(bootstrap)"]),
        ("xtreg y x, fe vce(jack)", ["xtreg, vce(jackknife)"]),
        ("regress y x, vce(`v')", []),
        ('replace x = 1 if y == "a":lbl', []),
        ("ssc install mrunning", []),
        ("ssc install spmap", ["spmap"]),
        ("ssc install `pkg'", []),
        ("sum x, `opt'", []),
        ("`cmd' y x", []),
        ("foo`i' x", []),
        ("local x : nosuch y", ["macro function nosuch"]),
        ("local x : word 1 of a", []),
    ],
)
def test_what_is_lacking(text: str, expected: list[str]) -> None:
    assert lacks(text) == expected


def test_programs_defined_on_the_way_are_known() -> None:
    assert lacks("foo 1\nprogram define foo\nend\n") == []
    assert lacks("foo 1") == ["foo"]
    assert [c.status for c in commands("foo 1", known=frozenset({"foo"}))] == ["program"]


def test_capture_is_marked() -> None:
    found = commands("cap ssc install spmap\nssc install spmap\ncap {\nspmap x\n}\nspmap x")
    assert [c.captured for c in found if c.lacks] == [True, False, True, False]


def test_community_commands_are_told_from_unknown_ones() -> None:
    assert [c.status for c in commands("reghdfe y x\nzzz\nlogit_nosuch")] == [
        "community",
        "unknown",
        "unknown",
    ]


def test_outline() -> None:
    text = 'cap program drop a\nprogram define a, rclass\nend\npr b\nend\ndo "x y.do"\n  qui run z\ninclude `f\'\n'
    programs, runs = outline(text)
    assert programs == {"a", "b"}
    assert runs == {"x y.do", "z", "`f'"}


@given(st.text(alphabet="abif {}\n();,.=\"'`$*/\\:#delimit", max_size=60))
def test_any_text_is_read(text: str) -> None:
    analyse(text, "x.do")
