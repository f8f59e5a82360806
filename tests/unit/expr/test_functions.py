"""Functions against documented values and closed forms; the error and missing rules."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.expr.evaluate import DataEnv, evaluate
from pystata_hlm.expr.functions import FUNCTIONS
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric.rng import StataRNG

from .support import dataset, run, scalar

NAN = math.nan

# Values: the manual's [FN] entries and examples where they give one; else the closed form named by the entry.
NUMBERS = {
    # mathematical
    "abs(-3)": 3,
    "ceil(2.1)": 3,
    "floor(-2.1)": -3,
    "int(-5.8)": -5,
    "trunc(5.8)": 5,
    "round(5.5)": 6,
    "round(-5.5)": -5,
    "round(5.234, .01)": 5.23,
    "round(123456, 1000)": 123000,
    "round(2.7, 0)": 2.7,
    "round(.)": NAN,
    "mod(5, 3)": 2,
    "mod(-5, 3)": 1,
    "mod(5, 0)": NAN,
    "max(1, ., 3)": 3,
    "min(1, ., 3)": 1,
    "max(., .)": NAN,
    "min(2)": 2,
    "sqrt(-1)": NAN,
    "ln(0)": NAN,
    "log10(1000)": 3,
    "exp(1000)": NAN,
    "logit(.5)": 0,
    "logit(1)": NAN,
    "invlogit(0)": 0.5,
    "cloglog(.5)": math.log(-math.log(0.5)),
    "invcloglog(0)": 1 - math.exp(-1),
    "atan2(1, -1)": 3 * math.pi / 4,
    "sign(-.2)": -1,
    "expm1(1e-12)": math.expm1(1e-12),
    "ln1p(1e-12)": math.log1p(1e-12),
    "ln1m(1e-12)": math.log1p(-1e-12),
    "comb(10, 4)": 210,
    "comb(4, 10)": NAN,
    "comb(3.5, 1)": NAN,
    "lnfactorial(5)": math.log(120),
    "lngamma(5)": math.log(24),
    "digamma(1)": -0.5772156649015329,  # minus Euler's constant
    "trigamma(1)": math.pi**2 / 6,
    "reldif(2, 1)": 0.5,
    "reldif(., .)": 0,
    "reldif(., .a)": NAN,
    "reldif(1, .)": NAN,
    "sum(4)": 4,
    # selecting
    "cond(1, 2, 3)": 2,
    "cond(0, 2, 3)": 3,
    "cond(., 2, 3)": 2,
    "cond(., 2, 3, 4)": 4,
    "inlist(3, 1, 2, 3)": 1,
    "inlist(., 1, .)": 1,
    "inlist(.a, 1, .)": 0,
    'inlist("a", "b", "a")': 1,
    "inrange(3, 1, 5)": 1,
    "inrange(., 1, 5)": 0,
    "inrange(3, ., 5)": 1,
    "inrange(7, ., 5)": 0,
    "inrange(3, 1, .)": 1,
    "inrange(., ., .)": 0,
    'inrange("b", "a", "c")': 1,
    "clip(5, 0, 3)": 3,
    "clip(-5, 0, 3)": 0,
    "clip(2, 0, 3)": 2,
    "clip(9, ., 3)": 3,
    "clip(., 0, 3)": NAN,
    "clip(2, 3, 0)": NAN,
    "missing(1, .b)": 1,
    'missing("")': 1,
    "mi(1, 2)": 0,
    "irecode(3, 1, 3, 5)": 1,
    "irecode(9, 1, 3, 5)": 3,
    "irecode(0, 1, 3, 5)": 0,
    "irecode(2, 3, 1)": NAN,
    "recode(3, 1, 3, 5)": 3,
    "recode(4, 1, 3, 5)": 5,
    "recode(9, 1, 3, 5)": 5,
    "autocode(25, 4, 0, 100)": 25,
    "autocode(26, 4, 0, 100)": 50,
    "autocode(-3, 4, 0, 100)": 25,
    "chop(2.0000001, .001)": 2,
    "float(1.1)": 1.10000002384185791015625,
    "float(1e39)": NAN,
    # storage limits ([D] data types)
    "maxbyte()": 100,
    "minint()": -32767,
    "maxlong()": 2147483620,
    "maxfloat()": 1.7014117331926443e38,
    "maxdouble()": 8.9884656743115785e307,
    "epsdouble()": 2.0**-52,
    # strings to numbers
    'strlen("abc")': 3,
    'strlen("é")': 2,
    'ustrlen("é")': 1,
    'strpos("this", "is")': 3,
    'strpos("this", "it")': 0,
    'strrpos("this is", "is")': 6,
    'indexnot("abc1", "abc")': 4,
    'real("5.2")+1': 6.2,
    'real("1e3")': 1000,
    'real("hello")': NAN,
    'real(" 7 ")': 7,
    'wordcount("a b  c")': 3,
    'strmatch("17.4", "1??4")': 1,
    'strmatch("abc", "a*d")': 0,
    'regexm("123-456", "^[0-9]+-[0-9]+$")': 1,
    'ustrregexm("Été", "été", 1)': 1,
    'ustrpos("été", "t")': 2,
    # dates; 01jan1960 is 0 and a Friday
    "mdy(1, 1, 1960)": 0,
    "mdy(2, 29, 1999)": NAN,
    "mdy(2, 29, 2000)": 14669,
    "td(01jan1960)": 0,
    "td(15jan2008)": 17546,
    "dow(0)": 5,
    "doy(td(31dec2000))": 366,
    "year(14669)": 2000,
    "month(14669)": 2,
    "day(14669)": 29,
    "week(td(31dec2001))": 52,
    "quarter(td(15may2001))": 2,
    "halfyear(td(15may2001))": 1,
    "mofd(td(15may2001))": 496,
    "dofm(496)": 15096,
    "ym(2001, 5)": 496,
    "ym(2001, 13)": NAN,
    "qofd(td(15may2001))": 165,
    "yq(2001, 2)": 165,
    "dofq(165)": 15066,
    "wofd(td(08jan1960))": 1,
    "yofd(td(15may2001))": 2001,
    "hofd(td(15may2001))": 82,
    "tm(2001m5)": 496,
    "tq(2001q2)": 165,
    "tw(1960w2)": 1,
    "th(2001h1)": 82,
    'date("15jan2008", "DMY")': 17546,
    'date("1/15/08", "MDY")': NAN,
    'date("1/15/08", "MD20Y")': 17546,
    'date("1/15/51", "MDY", 2000)': -3273,
    'date("20080115", "YMD")': 17546,
    'date("2008-01-15", "YMD")': 17546,
    'date("January 15, 2008", "MDY")': 17546,
    'date("30feb2008", "DMY")': NAN,
    'date("nonsense", "DMY")': NAN,
    'monthly("2001m5", "YM")': 496,
    'monthly("2001-05", "YM")': 496,
    'quarterly("2001q2", "YQ")': 165,
    'yearly("2001", "Y")': 2001,
    'clock("1960-01-01 00:00:01.5", "YMDhms")': 1500,
    'clock("01jan1960 1:00 pm", "DMYhm")': 13 * 3600 * 1000,
    "hms(1, 2, 3)": 3723000,
    "mdyhms(1, 2, 1960, 0, 0, 1)": 86401000,
    "dhms(1, 0, 0, 1)": 86401000,
    "hh(3723000)": 1,
    "mm(3723000)": 2,
    "ss(3723500)": 3.5,
    "dofc(86401000)": 1,
    "cofd(1)": 86400000,
    "Cofc(tc(01jan2017 00:00:00)) - tc(01jan2017 00:00:00)": 27000,  # 27 leap seconds by then (IERS)
    "cofC(Cofc(tc(01jan2017 00:00:00))) - tc(01jan2017 00:00:00)": 0,
    "isleapyear(1900)": 0,
    "isleapyear(2000)": 1,
    "daysinmonth(td(10feb2000))": 29,
    "lastdayofmonth(td(10feb2000))": 14669,
    "age(td(15may2001), td(14may2021))": 19,
    "age(td(15may2001), td(15may2021))": 20,
    'datediff(td(15may2001), td(14may2021), "month")': 239,
    "daysuntildow(td(18nov2026), 4)": 1,  # 18nov2026 is a Wednesday
    'nextdow(td(18nov2026), "Wed") == td(25nov2026)': 1,
    'previousdow(td(18nov2026), "Wednesday") == td(11nov2026)': 1,
    "firstdowofmonth(11, 2026, 1) == td(02nov2026)": 1,
    'lastdowofmonth(11, 2026, "Mo") == td(30nov2026)': 1,
    "nextweekday(td(20nov2026)) - td(20nov2026)": 3,
    "previousweekday(td(23nov2026)) - td(23nov2026)": -3,
    "lastweekdayofmonth(td(10may2026)) == td(29may2026)": 1,
    "firstweekdayofmonth(td(10aug2026)) == td(03aug2026)": 1,
    "nextleapyear(2096)": 2104,
    "previousleapyear(2004)": 2000,
    "isleapsecond(Cofc(tc(01jan2017 00:00:00)) - 500)": 1,
    "isleapsecond(Cofc(tc(01jan2017 00:00:00)))": 0,
    "birthday(td(29feb2000), 2001) == td(01mar2001)": 1,
    'birthday(td(29feb2000), 2001, "28feb") == td(28feb2001)': 1,
    "nextbirthday(td(15may2001), td(15may2021)) == td(15may2022)": 1,
    "previousbirthday(td(15may2001), td(15may2021)) == td(15may2020)": 1,
    "age_frac(td(15may2001), td(15may2021))": 20,
    'datediff_frac(td(01jan2001), td(02jul2001), "year")': 182 / 365,
    'clockdiff(tc(01jan1960 00:00:00), tc(01jan1960 02:30:00), "hour")': 2,
    'clockdiff_frac(tc(01jan1960 00:00:00), tc(01jan1960 02:30:00), "h")': 2.5,
    'datepart(td(15may2001), "month")': 5,
    'clockpart(tc(15may2001 13:30:00), "minute")': 30,
    # distributions (closed forms)
    "weibullph(1, 2, 3)": 1 - math.exp(-6),
    "invweibullph(2, 3, weibullph(2, 3, .4))": 0.4,
    "nbinomial(3, 2, invnbinomial(3, 2, .3))": 0.3,
    "nchi2(4, npnchi2(4, 7, .6), 7)": 0.6,
    "nttail(10, npnt(10, 2, .8), 2)": 0.8,
    "nF(3, 9, npnF(3, 9, 1.5, .4), 1.5)": 0.4,
    "nibeta(2, 3, 0, .4)": 0.5248,  # = ibeta(2, 3, .4), a polynomial
    "igaussian(2, 3, invigaussian(2, 3, .3))": 0.3,
    "igaussiantail(2, 3, 1) + igaussian(2, 3, 1)": 1,
    "igaussian(1, 1, 1)": 0.6681020012231706,  # Phi(0) + exp(2) Phi(-2)
    "lncauchyden(0, 1, 0)": -math.log(math.pi),
    "normal(0)": 0.5,
    "invnormal(.975)": 1.959963984540054,
    "normalden(0)": 1 / math.sqrt(2 * math.pi),
    "normalden(1, 0, 2)": math.exp(-1 / 8) / (2 * math.sqrt(2 * math.pi)),
    "chi2(2, 3)": 1 - math.exp(-1.5),
    "chi2tail(2, 3)": math.exp(-1.5),
    "invchi2tail(2, .05)": -2 * math.log(0.05),
    "ttail(1, 1)": 0.25,
    "invttail(1, .25)": 1,
    "tprob(1, 1)": 0.5,
    "Ftail(2, 2, 1)": 0.5,
    "binomial(3, 1, .5)": 0.5,
    "binomialp(3, 1, .5)": 0.375,
    "poissonp(2, 0)": math.exp(-2),
    "gammap(1, 2)": 1 - math.exp(-2),
    "exponential(2, 2)": 1 - math.exp(-1),
    "hypergeometricp(10, 4, 5, 2)": 120 / 252,
    "normal(.)": NAN,
    "nt(10, 0, 1)": 0.8295534338489701,  # = t(10, 1)
}

TEXTS = {
    'substr("abcdef", 2, 3)': "bcd",
    'substr("abcdef", -3, 2)': "de",
    'substr("abcdef", 2, .)': "bcdef",
    'substr("abcdef", -3, .)': "def",
    'substr("abcdef", 2, 0)': "",
    'substr("abcdef", 15, 2)': "",
    'substr("abcdef", 0, 2)': "",
    'usubstr("été", 2, 2)': "té",
    'subinstr("this is the day", "is", "X", 1)': "thX is the day",
    'subinstr("this is the day", "is", "X", .)': "thX X the day",
    'subinword("this is the day", "is", "X", 1)': "this X the day",
    'strupper("this")': "THIS",
    'strlower("THIS")': "this",
    'strproper("mR. joHn a. sMitH")': "Mr. John A. Smith",
    'strproper("jack o\'reilly")': "Jack O'Reilly",
    'strtrim("  this ")': "this",
    'ltrim("  this ")': "this ",
    'rtrim("  this ")': "  this",
    'stritrim("hello     there  you")': "hello there you",
    'strreverse("hello")': "olleh",
    'word("a bc d", 2)': "bc",
    'word("a bc d", -1)': "d",
    'word("a bc d", 4)': "",
    'string(4) + "F"': "4F",
    "string(1234567)": "1234567",
    "string(12345678)": "1.23e+07",
    'string(3.14159, "%5.2f")': "3.14",
    "string(.a)": ".a",
    "char(65)": "A",
    "uchar(233)": "é",
    'abbrev("displacement", 8)': "displa~t",
    'strtoname("1st name")': "_1st_name",
    'plural(1, "horse")': "horse",
    'plural(2, "horse")': "horses",
    'plural(2, "glass", "+es")': "glasses",
    'plural(2, "mouse", "mice")': "mice",
    'plural(2, "abcdefg", "-efg")': "abcd",
    'soundex("Ashcraft")': "A226",  # both in [M-5] soundex()
    'soundex_nara("Ashcraft")': "A261",
    'soundex("Robert")': "R163",
    'soundex("Rupert")': "R163",
    'regexr("abc123", "[0-9]+", "X")': "abcX",
    'ustrregexra("a1b2", "[0-9]", "#")': "a#b#",
    'cond(1, "yes", "no")': "yes",
    'ustrupper("été")': "ÉTÉ",
    'ustrleft("été", 2)': "ét",
    'ustrright("été", 2)': "té",
    'ustrtitle("john smith")': "John Smith",
}


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers(text: str) -> None:
    assert scalar(text) == pytest.approx(NUMBERS[text], rel=1e-12, abs=1e-15, nan_ok=True)


@pytest.mark.parametrize("text", TEXTS)
def test_texts(text: str) -> None:
    assert scalar(text) == TEXTS[text]


ERRORS = {
    'cond(1, 2, "a")': 109,
    'inlist(1, "a")': 109,
    "substr(1, 2, 3)": 109,
    'string(1, "%zz")': 120,
    "runiform(1)": 198,
    "td(99zzz2000)": 198,
    'regexm("a", "(")': 198,
    "clip(1, 2)": 198,
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors(text: str) -> None:
    with pytest.raises(StataError) as caught:
        scalar(text)
    assert caught.value.rc == ERRORS[text]


def test_every_function_is_declared_in_full() -> None:
    assert len(FUNCTIONS) > 300
    for spec in FUNCTIONS.values():
        assert spec.help and not spec.help.endswith("."), spec.name
        assert spec.missing in ("spread", "any", "own"), spec.name
        assert spec.family in (
            "math", "programming", "string", "ustring", "date", "random", "matrix", "distributions",
        ), spec.name  # fmt: skip


# ---------------------------------------------------------------- vectors

DATA = dataset({"x": [1, ".", ".b", 7], "s": ["ab cd", "x", "été", "  pad"]})
VECTORS = {
    "cond(x > 3, .a, x)": [1, ".a", ".a", ".a"],
    "cond(x == 1, x, .c)": [1, ".c", ".c", ".c"],
    "clip(x, 2, 5)": [2, ".", ".b", 5],
    "recode(x, 3, 9)": [3, ".", ".b", 9],
    "inlist(x, 1, .b)": [1, 0, 1, 0],
    "inrange(x, 0, 5)": [1, 0, 0, 0],
    "max(x, 3)": [3, 3, 3, 7],
    "missing(x)": [0, 1, 1, 0],
    "sum(x)": [1, 1, 1, 8],
    "string(x)": ["1", ".", ".b", "7"],
    "strlen(s)": [5, 1, 5, 5],
    "word(s, 1)": ["ab", "x", "été", "pad"],
    "upper(s)": ["AB CD", "X", "éTé", "  PAD"],
    "trim(s)": ["ab cd", "x", "été", "pad"],
    "substr(s, _n, 1)": ["a", "", "t", "a"],
    'subinstr(s, " ", "", 1)': ["abcd", "x", "été", " pad"],
}


@pytest.mark.parametrize("text", VECTORS)
def test_vectors(text: str) -> None:
    assert run(text, DATA) == VECTORS[text]


def test_regexs_goes_with_the_last_match_row_by_row() -> None:
    data = dataset({"s": ["a1b", "zz", "c22d"]})
    memory: dict[str, object] = {}
    assert run('regexm(s, "([a-z])([0-9]+)")', data, memory=memory) == [1, 0, 1]
    assert run("regexs(2)", data, memory=memory) == ["1", "", "22"]
    assert run("regexs(0)", data, memory=memory) == ["a1", "", "c22"]
    assert scalar("regexs(1)", data, memory=memory) == "c"


class _Counting:
    """A stream of 1, 2, 3, ... in place of random numbers."""

    def __init__(self) -> None:
        self.last = 0

    def uniform(self, n: int) -> list[float]:
        first, self.last = self.last + 1, self.last + n
        return [float(k) for k in range(first, self.last + 1)]


def test_random_draws_only_for_the_sample_in_row_order() -> None:
    rng = _Counting()
    sample = np.array([True, False, True, False])
    assert run("runiform()", DATA, rng=rng, sample=sample) == [1, ".", 2, "."]
    assert run("runiform() + runiform()", DATA, rng=rng, sample=sample) == [8, ".", 10, "."]
    assert scalar("runiform()", DATA, rng=rng) == 7


def test_uniform_stream() -> None:
    rng = StataRNG(seed=12345)
    # ../shared/reference/random-numbers.md
    assert [round(float(scalar("runiform()", rng=rng)), 7) for _ in range(3)] == [
        0.3576297,
        0.4004426,
        0.6893833,
    ]
    rng.seed(6)
    expected = [-0.4705035, -0.3938664, -0.2524172, -1.404408]
    assert run("rnormal()", DATA, rng=rng) == pytest.approx(expected, rel=1e-6)


# ---------------------------------------------------------------- laws


@settings(max_examples=60, deadline=None)
@given(st.dates(dt.date(100, 1, 1), dt.date(9999, 12, 31)))
def test_dates_agree_with_the_gregorian_calendar(day: dt.date) -> None:
    number = (day - dt.date(1960, 1, 1)).days
    assert scalar(f"mdy({day.month}, {day.day}, {day.year})") == number
    parts = f"year({number})*10000 + month({number})*100 + day({number})"
    assert scalar(parts) == day.year * 10000 + day.month * 100 + day.day
    assert scalar(f"dow({number})") == day.isoweekday() % 7
    assert scalar(f"doy({number})") == day.timetuple().tm_yday
    assert scalar(f"dofm(mofd({number}))") == number - day.day + 1


texts = st.text(st.sampled_from("ab é"), max_size=6)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, min_size=1, max_size=5), st.integers(-8, 8), st.integers(0, 8))
def test_substr_is_a_slice_of_bytes(strings: list[str], start: int, count: int) -> None:
    data = dataset({"k": range(len(strings))})
    data.add("s", Column.text(np.array([s.encode() for s in strings], dtype="S")))
    got = evaluate(parse("expr", f"substr(s, {start}, {count})"), DataEnv(data)).values
    for cell, s in zip(np.broadcast_to(got, (len(strings),)).tolist(), strings, strict=True):
        raw = s.encode()
        first = start - 1 if start > 0 else len(raw) + start
        good = start != 0 and 0 <= first < len(raw)
        assert cell == (raw[first : first + count] if good else b"").rstrip(b"\0")


@settings(max_examples=40, deadline=None)
@given(st.floats(-1e6, 1e6).filter(lambda v: v == 0 or abs(v) > 1e-9), st.integers(1, 1000))
def test_mod_and_int_take_a_number_apart(x: float, y: int) -> None:
    assert scalar(f"({x!r}) - mod({x!r}, {y})") == pytest.approx(y * math.floor(x / y), abs=1e-6)
    assert scalar(f"floor({x!r}) == -ceil(-({x!r}))") == 1


LONG = "x" * 3000
STRL = {
    's + "!"': [f"{LONG}!", "ab c!", "!"],
    "strlen(s)": [3000, 4, 0],
    "upper(s)": [LONG.upper(), "AB C", ""],
    "substr(s, 1, 2)": ["xx", "ab", ""],
    "s * 2": [LONG * 2, "ab cab c", ""],
    'strpos(s, "b")': [0, 2, 0],
    "trim(s)": [LONG, "ab c", ""],
    "word(s, 1)": [LONG, "ab", ""],
    "s[_n-1]": ["", LONG, "ab c"],
    'cond(_n == 1, s, "z")': [LONG, "z", "z"],
    's > "b"': [1, 0, 0],
    "missing(s)": [0, 0, 1],
}


@pytest.mark.parametrize("text", STRL)
def test_strl(text: str) -> None:
    data = dataset({"k": [1, 2, 3]})
    data.add("s", Column.text(np.array([LONG.encode(), b"ab c", b""], dtype=object), "strL"))
    assert run(text, data) == STRL[text]
