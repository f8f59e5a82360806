"""Functions of data, matrices and files, and rarer distributions: closed forms and scipy; every documented name."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from support import Session, fails

from pystata_hlm.expr.functions import FUNCTIONS
from pystata_hlm.expr.functions.registry import MATRIX_VALUED, UNSUPPORTED

# names of [FN]'s families, apart from the literal-like c(), e(), r(), s(), _n
DOCUMENTED = """
abs acos acosh asin asinh atan atan2 atanh ceil cloglog comb cos cosh digamma exp expm1 floor int invcloglog
invlogit ln ln1m ln1p lnfactorial lngamma log log10 log1m log1p logit max min mod reldif round sign sin sinh sqrt
sum tan tanh trigamma trunc
abbrev char collatorlocale collatorversion indexnot plural plural real regexm regexr regexs soundex soundex_nara
strcat strdup string stritrim strlen strlower strltrim strmatch strofreal strpos strproper strreverse strrpos
strrtrim strtoname strtrim strupper subinstr subinword substr tobytes uchar udstrlen udsubstr uisdigit uisletter
ustrcompare ustrcompareex ustrfix ustrfrom ustrinvalidcnt ustrleft ustrlen ustrlower ustrltrim ustrnormalize
ustrpos ustrregexm ustrregexra ustrregexrf ustrregexs ustrreverse ustrright ustrrpos ustrrtrim ustrsortkey
ustrsortkeyex ustrtitle ustrto ustrtohex ustrtoname ustrtrim ustrunescape ustrupper ustrword ustrwordcount
usubinstr usubstr word wordbreaklocale wordcount
age age_frac birthday bofd Cdhms Chms Clock clock Clockdiff clockdiff Clockdiff_frac clockdiff_frac Clockpart
clockpart Cmdyhms Cofc cofC Cofd cofd daily date datediff datediff_frac datepart day daysinmonth dayssincedow
dayssinceweekday daysuntildow daysuntilweekday dhms dmy dofb dofC dofc dofh dofm dofq dofw dofy dow doy
firstdayofmonth firstdowofmonth firstweekdayofmonth halfyear halfyearly hh hhC hms hofd hours isleapsecond
isleapyear lastdayofmonth lastdowofmonth lastweekdayofmonth mdy mdyhms minutes mm mmC mofd month monthly msofhours
msofminutes msofseconds nextbirthday nextdow nextleapyear nextweekday now previousbirthday previousdow
previousleapyear previousweekday qofd quarter quarterly seconds ss ssC tC tc td th tm today tq tw week weekly wofd
year yearly yh ym yofd yq yw tin twithin
autocode byteorder _caller chop clip cond fileexists fileread filereaderror filewrite float fmtwidth frval has_eprop
inlist inrange irecode matrix maxbyte maxdouble maxfloat maxint maxlong mi minbyte mindouble minfloat minint minlong
missing recode replay scalar smallestdouble epsdouble epsfloat
rbeta rbinomial rcauchy rchi2 rexponential rgamma rhypergeometric rigaussian rlaplace rlogistic rnbinomial rnormal
rpoisson rt runiform runiformint rweibull rweibullph
betaden binomial binomialp binomialtail binormal cauchy cauchyden cauchytail chi2 chi2den chi2tail dgammapda
dgammapdada dgammapdadx dgammapdx dgammapdxdx dunnettprob exponential exponentialden exponentialtail F Fden Ftail
gammaden gammap gammaptail hypergeometric hypergeometricp ibeta ibetatail igaussian igaussianden igaussiantail
invbinomial invbinomialtail invcauchy invcauchytail invchi2 invchi2tail invdunnettprob invexponential
invexponentialtail invF invFtail invgammap invgammaptail invibeta invibetatail invigaussian invigaussiantail
invlaplace invlaplacetail invlogistic invlogistictail invnbinomial invnbinomialtail invnchi2 invnF invnFtail
invnibeta invnormal invnt invnttail invpoisson invpoissontail invt invttail invtukeyprob invweibull invweibullph
invweibullphtail invweibulltail laplace laplaceden laplacetail lncauchyden lnigammaden lnigaussianden lniwishartden
lnlaplaceden lnmvnormalden lnnormal lnnormalden lnwishartden logistic logisticden logistictail nbetaden nbinomial
nbinomialp nbinomialtail nchi2 nchi2den nchi2tail nF nFden nFtail nibeta normal normalden npnchi2 npnF npnt nt ntden
nttail poisson poissonp poissontail t tden ttail tukeyprob weibull weibullden weibullph weibullphden weibullphtail
weibulltail
cholesky corr diag get hadamard I inv invsym invvech invvecp J matuniform nullmat sweep vec vecdiag vech vecp
coleqnumb colnfreeparms colnumb colsof det diag0cnt el issymmetric matmissing mreldif roweqnumb rownfreeparms rownumb
rowsof trace
""".split()  # noqa: SIM905


@pytest.mark.parametrize("name", sorted(set(DOCUMENTED)))
def test_every_documented_name_is_known(name: str) -> None:
    """Known means working, or refused by its own name; the list of the latter is short."""
    assert (name in FUNCTIONS) + (name in MATRIX_VALUED) + (name in UNSUPPORTED) == 1
    assert len(UNSUPPORTED) < 16


SETUP = """
set obs 4
gen t = _n
matrix A = (1,2\\3,4)
matrix rownames A = one:a two:b
matrix colnames A = x /lnsig
matrix V = (2,.5\\.5,1)
matrix m = (0,1)
matrix z = (1,1)
matrix X = (3,1\\1,2)
scalar t = 7
"""
V, X = np.array([[2, 0.5], [0.5, 1]]), np.array([[3.0, 1], [1, 2]])


def _slope(a: float, x: float, h: float = 1e-4) -> float:
    """Central difference of the regularized incomplete gamma function in a, fourth order."""
    f = stats.gamma.cdf
    return (8 * (f(x, a + h) - f(x, a - h)) - (f(x, a + 2 * h) - f(x, a - 2 * h))) / (12 * h)


VALUES = {
    "dgammapdx(2, 3)": 3 * math.exp(-3),
    "dgammapdxdx(2, 3)": -2 * math.exp(-3),  # derivative of x exp(-x)
    "dgammapda(2.5, 3)": _slope(2.5, 3),
    "dgammapda(2.5, 0)": 0,
    "dgammapda(-1, 3)": math.nan,
    "dgammapdadx(1, 2)": math.exp(-2) * (math.log(2) + np.euler_gamma),
    "dgammapdada(2, 3)": (_slope(2 + 1e-3, 3) - _slope(2 - 1e-3, 3)) / 2e-3,
    "invnibeta(2, 3, 1.5, nibeta(2, 3, 1.5, .4))": 0.4,
    "invnibeta(2, 3, 0, .5248)": 0.4,
    "invdunnettprob(3, 12, dunnettprob(3, 12, 2))": 2,
    "dunnettprob(3, 12, 0)": 0,
    "dunnettprob(3, 12, .)": math.nan,
    "lnmvnormalden(m, V, z)": stats.multivariate_normal([0, 1], V).logpdf([1, 1]),
    "lnwishartden(5, V, X)": stats.wishart(5, V).logpdf(X),
    "lniwishartden(5, V, X)": stats.invwishart(5, V).logpdf(X),
    'fmtwidth("%9.2f")': 9,
    'fmtwidth("%-18s")': 18,
    'fmtwidth("nonsense")': math.nan,
    'filereaderror("fileread() error 601")': 601,
    'filereaderror("text")': 0,
    "matrix(A[2,1])": 3,
    "A[2,2] + matrix(A[1,1])": 5,
    'roweqnumb(A, "two")': 2,
    'coleqnumb(A, "nosuch")': math.nan,
    "colnfreeparms(A)": 1,
    "rownfreeparms(A)": 0,
    'rownumb(A, "b")': 2,
    'rownumb(A, "two:b")': 2,
    'rownumb(A, "two:")': 2,
    'rownumb(A, "nosuch")': math.nan,
    "scalar(t) + t": 8,
    'Clockdiff(tC(31dec2016 23:59:59), tC(01jan2017 00:00:00), "second")': 2,  # a leap second between them
    'Clockdiff_frac(tC(31dec2016 12:00:00), tC(01jan2017 00:00:00), "hour")': 12,
    "det(A)": -2,
    "trace(A)": 5,
}


@pytest.fixture(scope="module")
def session() -> Session:
    s = Session()
    s.run(SETUP)
    assert s.rc == 0
    return s


@pytest.mark.parametrize("expression", VALUES)
def test_values(expression: str, session: Session) -> None:
    session.run(f"scalar out = {expression}")
    assert session.rc == 0, session.last_error
    expected = VALUES[expression]
    out = float(session.workspace.scalars["out"])
    assert math.isnan(out) if math.isnan(expected) else out == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize(("k", "df", "x"), [(2, 10, 2.57), (3, 12, 2.68), (4, 20, 2.65), (9, 60, 2.77)])
def test_dunnett_against_the_published_table(k: int, df: int, x: float, session: Session) -> None:
    """Two-sided 5% points of Dunnett (1964), printed to two decimals."""
    session.run(f"scalar out = invdunnettprob({k}, {df}, .95)")
    assert float(session.workspace.scalars["out"]) == pytest.approx(x, abs=0.006)


def test_errors(session: Session) -> None:
    fails("display lnmvnormalden(m, V, A)", 503, "conformability error", session=session)
    fails("display lnwishartden(5, (1), V)", 198, session=session)
    fails("display trace(m)", 503, "conformability error", session=session)
    fails(
        'display collatorversion("en")', 133, "function collatorversion() not yet supported", session=session
    )
    fails("display nosuch(1)", 133, "unknown function nosuch()", session=session)


def test_files(tmp_path: Path) -> None:
    s = Session(cwd=tmp_path)
    s.run('di filewrite("a.txt", "hello") filewrite("a.txt", "x") filewrite("a.txt", "!", 2)')
    assert s.run('di fileread("a.txt") fileexists("a.txt") fileexists("b.txt")') == "hello!10\n"
    assert s.run('di filereaderror(fileread("b.txt"))') == "601\n"


# ---------------------------------------------------------------- tin() and twithin()

SPANS = {
    ("%td", "tin(02jan1960, 03jan1960)"): [0, 1, 1, 0],
    ("%td", "twithin(01jan1960, 04jan1960)"): [0, 1, 1, 0],
    ("%td", "tin(, 02jan1960)"): [1, 1, 0, 0],
    ("%tm", "tin(1960m2, 1960m4)"): [0, 1, 1, 1],
    ("%tq", "tin(1960q4, )"): [0, 0, 0, 1],
    ("%9.0g", "tin(1, 2)"): [0, 1, 1, 0],
}


@pytest.mark.parametrize(("fmt", "expression"), SPANS)
def test_time_spans(fmt: str, expression: str) -> None:
    s = Session()
    s.run(f"set obs 4\ngen t = _n - 1\nformat t {fmt}\ntsset t\ngen in = {expression}")
    assert s.rc == 198 and "in invalid name" in str(s.last_error)
    s.run(f"gen inside = {expression}")
    assert s.rc == 0, s.last_error
    np.testing.assert_array_equal(s.data.values("inside"), SPANS[fmt, expression])


def test_time_spans_need_settings() -> None:
    fails("set obs 2\ngen t = _n\ngen x = tin(1, 2)", 111)
