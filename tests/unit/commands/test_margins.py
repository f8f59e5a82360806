"""margins: real logs of ../shared/cases, the course notes' 25 margins, closed forms, errors."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.support import Session, case, compare_case, cut, example, fails, needs_shared, run_case

# course notes, after the second cubic model (release 15): margin and standard error at 5 ses by 5 meanses values
NOTES = """10.37874 3.209518 4.600451 .6663532 4.080304 .5811327 5.065367 .751264 7.355452 2.772092
5.363829 1.216027 10.09419 .2479459 11.0489 .2189395 12.01957 .2887416 13.89045 1.095341
4.051753 1.573768 11.53154 .2505531 12.87213 .18279 13.83904 .2253969 15.60024 .801719
2.739676 2.201374 12.96889 .3257726 14.69536 .2105043 15.6585 .2385924 17.31002 .7472577
-.4800974 4.058521 16.49609 .625075 19.16948 .4228441 20.12338 .4857143 21.50576 1.53443"""

CUBIC = """sysuse hsb, clear
egen tagged = tag(id)
quietly mixed mathach c.ses##c.meanses##c.meanses##c.meanses c.ses##i.sector i.female || id: female, cov(unstr)
quietly sum ses
local s1 = r(min)
local s2 = r(mean) - r(sd)
local s3 = r(mean)
local s4 = r(mean) + r(sd)
local s5 = r(max)
quietly sum meanses if tagged==1
local m1 = r(min)
local m2 = r(mean) - r(sd)
local m3 = r(mean)
local m4 = r(mean) + r(sd)
local m5 = r(max)
"""
AT = "margins, at(ses= (`s1' `s2' `s3' `s4' `s5') meanses=(`m1' `m2' `m3' `m4' `m5'))"


@pytest.fixture(scope="module")
def cubic() -> Session:
    s = Session(release=15)
    s.run(CUBIC + AT)
    assert s.rc == 0, s.text()
    return s


@pytest.fixture
def hsb() -> Session:
    s = Session()
    s.run("sysuse hsb\nquietly regress mathach c.ses##c.ses##i.sector i.female c.size")
    assert s.rc == 0, s.text()
    return s


# ---------------------------------------------------------------- printed output


@needs_shared
@pytest.mark.parametrize("name", ["regress_auto_factor", "margins_nlsw88_slopes"])
def test_real_logs(name: str) -> None:
    compare_case(name, only="^margins")


@needs_shared
def test_real_log_after_mixed() -> None:
    """Same lines; standard errors may differ in the seventh digit, where Stata stopped iterating."""
    found = case("mixed_country_margins_at")
    log, _ = run_case(found, 18, 86)
    ours = next(p for p in cut(log) if p.command.startswith("margins")).output
    theirs = next(p for p in cut(found.expected) if p.command.startswith("margins")).output
    number = re.compile(r"-?\d*\.\d+")
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert number.sub("#", a).split() == number.sub("#", b).split()
        assert a.find("|") == b.find("|")
        for x, y in zip(number.findall(a), number.findall(b), strict=True):
            assert float(x) == pytest.approx(float(y), rel=2e-6)


def test_the_notes_25_margins(cubic: Session) -> None:
    numbers = np.array([float(x) for x in NOTES.split()]).reshape(25, 2)
    table = cubic.r.matrix("table").values
    np.testing.assert_allclose(table[1], numbers[:, 1], rtol=1e-5)
    assert (np.abs(table[0] - numbers[:, 0]) < 1e-4 * numbers[:, 1]).all()
    assert cubic.r["N"] == 7185 and cubic.r["k_at"] == 25


def test_old_layout(cubic: Session) -> None:
    """Heading and legend of releases 14 to 16, as in the notes."""
    lines = cubic.text().splitlines()
    at = lines.index("Predictive margins                              Number of obs     =      7,185")
    assert lines[at + 1 : at + 8] == [
        "",
        "Expression   : Linear prediction, fixed portion, predict()",
        "",
        "1._at        : ses             =      -3.758",
        "               meanses         =      -1.188",
        "",
        "2._at        : ses             =      -3.758",
    ]
    assert "10._at       : ses             =   -.7792118" in lines
    heads = "             |     Margin   Std. Err.      z    P>|z|     [95% Conf. Interval]"
    assert heads in lines and lines[lines.index(heads) + 2] == "         _at |"


def test_new_legend_of_several_variables() -> None:
    """Layout as printed by release 17 and 18 (public logs: values and colons aligned)."""
    s = Session()
    s.run("sysuse hsb\nquietly regress mathach ses meanses")
    s.run("margins, at(meanses=(0 .5) ses=(-1 0 1 2 3))")
    text = s.text()
    assert (
        "\nAdjusted predictions                                     Number of obs = 7,185\nModel VCE: OLS\n"
        in text
    )
    assert (
        "\n1._at:  ses     = -1\n        meanses =  0\n2._at:  ses     = -1\n        meanses = .5\n" in text
    )
    assert "\n10._at: ses     =  3\n        meanses = .5\n\n---" in text


def test_means_legend() -> None:
    s = Session()
    s.run("sysuse hsb\nquietly regress mathach ses i.sector\nmargins, atmeans at(ses=1)")
    assert (
        "\nAt: ses      =        1\n    0.sector = .5068894 (mean)\n    1.sector = .4931106 (mean)\n"
        in s.text()
    )


def test_factor_derivatives_with_at(hsb: Session) -> None:
    """Base outcome and rules between equations (public log of release 15: dydx(collgrad) at(race=(1 2 3)))."""
    text = hsb.run("margins, dydx(sector) at(ses=(0 1))")
    start = text.index("0.sector     |  (base outcome)")
    assert text[start:].startswith(
        "0.sector     |  (base outcome)\n"
        "-------------+----------------------------------------------------------------\n"
        "1.sector     |\n"
        "         _at |\n"
        "          1  |"
    )
    assert text.endswith("Note: dy/dx for factor levels is the discrete change from the base level.\n")
    assert "\ndy/dx wrt:  1.sector\n" in text


@pytest.mark.parametrize(
    ("options", "heads"),
    [
        (
            "pwcompare",
            "             |            Delta-method         Unadjusted\n"
            "             |   Contrast   std. err.     [95% conf. interval]\n",
        ),
        (
            "pwcompare(effects) mcompare(bonf)",
            "             |            Delta-method    Bonferroni           Bonferroni\n"
            "             |   Contrast   std. err.      t    P>|t|     [95% conf. interval]\n",
        ),
        ("nopvalues", "             |     Margin   std. err.     [95% conf. interval]\n"),
    ],
)
def test_headings(hsb: Session, options: str, heads: str) -> None:
    """As in public logs of release 17 and 18."""
    squeezed = re.sub(r"(?m)^ {13,} \|", " " * 13 + "|", hsb.run(f"margins sector, {options}"))
    assert heads in squeezed


# ---------------------------------------------------------------- numbers


def margins(s: Session, command: str) -> tuple[np.ndarray, np.ndarray]:
    s.run(command)
    assert s.rc == 0, s.text()[-300:]
    return s.r["b"].ravel(), np.sqrt(np.diag(s.r["V"]))


def columns(s: Session, **held: float) -> np.ndarray:
    """The design of ``hsb`` in e(b)'s estimated columns, some variables replaced."""
    data = {name: s.data.values(name).astype(float) for name in ("ses", "sector", "female", "size")}
    data |= {name: np.full(7185, value) for name, value in held.items()}
    ses, sector, female, size = (data[name] for name in ("ses", "sector", "female", "size"))
    return np.column_stack(
        [ses, ses**2, sector, sector * ses, sector * ses**2, female, size, np.ones(len(ses))]
    )


def check(s: Session, command: str, rows: list[np.ndarray]) -> None:
    """Margins are L b with variance L V L'."""
    e = s.workspace.e.estimation
    assert e is not None
    kept = e.recipe.kept
    expected = np.array(rows)
    b, se = margins(s, command)
    np.testing.assert_allclose(b, expected @ e.b[kept], rtol=1e-10)
    v = expected @ e.vcov[np.ix_(kept, kept)] @ expected.T
    np.testing.assert_allclose(se, np.sqrt(np.diag(v)), rtol=1e-9)


def test_margins_are_averages_of_predictions(hsb: Session) -> None:
    x = columns(hsb)
    female = hsb.data.values("female") == 1
    check(hsb, "margins", [x.mean(0)])
    check(hsb, "margins if female", [x[female].mean(0)])
    check(hsb, "margins, over(female)", [x[~female].mean(0), x[female].mean(0)])
    check(hsb, "margins sector", [columns(hsb, sector=k).mean(0) for k in (0, 1)])
    check(
        hsb,
        "margins sector#female",
        [columns(hsb, sector=k, female=j).mean(0) for k in (0, 1) for j in (0, 1)],
    )
    check(hsb, "margins, at(ses=(-1 2))", [columns(hsb, ses=v).mean(0) for v in (-1, 2)])
    check(
        hsb,
        "margins female, at(sector=(0 1)) at(ses=.5)",
        [columns(hsb, sector=k, female=j).mean(0) for k in (0, 1) for j in (0, 1)]
        + [columns(hsb, ses=0.5, female=j).mean(0) for j in (0, 1)],
    )
    p75 = float(np.percentile(hsb.data.values("ses"), 75, method="averaged_inverted_cdf"))
    check(hsb, "margins, at((p75) ses)", [columns(hsb, ses=p75).mean(0)])
    check(hsb, "margins, at(ses=generate(ses+1))", [columns_shifted(hsb).mean(0)])
    mixture = 0.25 * columns(hsb, sector=0).mean(0) + 0.75 * columns(hsb, sector=1).mean(0)
    check(hsb, "margins, at(0.sector=.25 1.sector=.75)", [mixture])
    balanced = (columns(hsb, sector=0) + columns(hsb, sector=1)).mean(0) / 2
    check(
        hsb, "margins female, at((asbalanced) sector)", [with_female(balanced, 0), with_female(balanced, 1)]
    )


def with_female(row: np.ndarray, value: float) -> np.ndarray:
    out = row.copy()
    out[5] = value
    return out


def columns_shifted(s: Session) -> np.ndarray:
    x = columns(s)
    up = x[:, 0] + 1
    x[:, 1], x[:, 4] = up**2, x[:, 2] * up**2
    x[:, 3], x[:, 0] = x[:, 2] * up, up
    return x


def test_derivatives_equal_differences(hsb: Session) -> None:
    step = 0.5  # central differences of a quadratic are exact

    def slope(**held: float) -> np.ndarray:
        out = []
        for sign in (1, -1):
            x = columns(hsb, **held)
            ses = (x[:, 0] if "ses" not in held else np.full(len(x), held["ses"])) + sign * step
            x[:, 0], x[:, 1], x[:, 3], x[:, 4] = ses, ses**2, x[:, 2] * ses, x[:, 2] * ses**2
            out.append(x)
        return (out[0] - out[1]) / (2 * step)

    check(hsb, "margins, dydx(ses)", [slope().mean(0)])
    check(
        hsb,
        "margins sector, dydx(ses) at(ses=(0 1))",
        [slope(ses=v, sector=k).mean(0) for v in (0, 1) for k in (0, 1)],
    )
    check(hsb, "margins, dyex(ses)", [(slope() * columns(hsb)[:, [0]]).mean(0)])
    zero = np.zeros(8)
    check(hsb, "margins, dydx(sector)", [zero, (columns(hsb, sector=1) - columns(hsb, sector=0)).mean(0)])


def test_elasticity(hsb: Session) -> None:
    """mean of (x/y) dy/dx; the gradient by finite differences of b."""
    e = hsb.workspace.e.estimation
    assert e is not None
    kept = e.recipe.kept
    x = columns(hsb)
    ses, sector = x[:, 0], x[:, 2]
    d = np.column_stack([ses * 0 + 1, 2 * ses, sector * 0, sector, 2 * sector * ses, *[ses * 0] * 3])

    def value(b: np.ndarray) -> float:
        return float(np.mean(ses * (d @ b) / (x @ b)))

    b0 = e.b[kept]
    gradient = np.array([(value(b0 + h) - value(b0 - h)) / 2e-6 for h in np.eye(8) * 1e-6])
    b, se = margins(hsb, "margins, eyex(ses)")
    assert b[0] == pytest.approx(value(b0), rel=1e-10)
    assert se[0] == pytest.approx(np.sqrt(gradient @ e.vcov[np.ix_(kept, kept)] @ gradient), rel=1e-5)


def test_weights_of_the_estimation() -> None:
    s = Session()
    s.run("sysuse hsb\nquietly regress mathach ses i.sector [aweight=size]")
    w, ses = s.data.values("size"), s.data.values("ses")
    b = s.e["b"].ravel()  # ses 0b.sector 1.sector _cons
    got, _ = margins(s, "margins sector")
    mean = np.average(ses, weights=w)
    np.testing.assert_allclose(got, [b[0] * mean + b[3], b[0] * mean + b[2] + b[3]], rtol=1e-12)
    got, _ = margins(s, "margins sector, noweights")
    np.testing.assert_allclose(got[0], b[0] * ses.mean() + b[3], rtol=1e-12)
    got, _ = margins(s, "margins sector [fw=sector+1]")
    np.testing.assert_allclose(
        got[0], b[0] * np.average(ses, weights=s.data.values("sector") + 1) + b[3], rtol=1e-12
    )
    assert s.r["N"] == (s.data.values("sector") + 1).sum()


def test_pairwise_adjustments(hsb: Session) -> None:
    """Bonferroni and Sidak from the unadjusted p-values."""
    command = "margins sector#female, pwcompare(effects)"
    hsb.run(command)
    plain = hsb.r.matrix("table_vs").values
    names = hsb.r.matrix("table_vs").cols
    assert len(names) == 6 and names[0] == "0vs0.sector#1vs0.female"
    hsb.run(command + " mcompare(bonferroni)")
    bonferroni = hsb.r.matrix("table_vs").values
    np.testing.assert_allclose(bonferroni[3], np.minimum(1, 6 * plain[3]), rtol=1e-9)
    hsb.run(command + " mcompare(sidak)")
    np.testing.assert_allclose(
        hsb.r.matrix("table_vs").values[3], 1 - (1 - plain[3]) ** 6, rtol=1e-6, atol=1e-14
    )
    np.testing.assert_allclose(plain[:2], bonferroni[:2])


@needs_shared
def test_not_estimable() -> None:
    s = Session()
    s.run(f'use "{example("effort.dta")}"')
    s.run("recode setting min/69=1 70/79=2 80/max=3, gen(sg)\nrecode effort min/4=1 5/14=2 15/max=3, gen(eg)")
    s.run("quietly regress change i.sg##i.eg")
    text = s.run("margins sg")
    assert "          1  |          .  (not estimable)\n          2  |      10.85 " in text
    assert np.isnan(s.r.matrix("table").values[1, 0])
    assert "not estimable" not in s.run("margins sg, noestimcheck")


# ---------------------------------------------------------------- results, post, titles


def test_stored_results(hsb: Session) -> None:
    before = hsb.workspace.e
    hsb.run("margins sector, at(ses=(0 1))")
    assert hsb.workspace.e is before
    r = hsb.r
    assert r.matrix("b").cols == (
        "1bn._at#0bn.sector",
        "1bn._at#1.sector",
        "2._at#0bn.sector",
        "2._at#1.sector",
    )
    assert r["cmd"] == "margins" and r["title"] == "Predictive margins" and r["expression"] == "predict()"
    assert (
        r["est_cmd"] == "regress"
        and r["predict_label"] == "Linear prediction"
        and r["df_r"] == before.scalars["df_r"]
    )
    assert r.matrix("table").rows == ("b", "se", "t", "pvalue", "ll", "ul", "df", "crit", "eform")
    at = r.matrix("at")
    assert at.cols[0] == "ses" and at.values[:, 0].tolist() == [0.0, 1.0]
    assert r["atstats1"].split()[0] == "values" and r["atstats1"].split()[1] == "asobserved"
    np.testing.assert_array_equal(r["_N"], [[7185.0] * 4])


def test_post(hsb: Session) -> None:
    b, _ = margins(hsb, "margins sector, post")
    assert hsb.e["cmd"] == "margins" and hsb.e["b"].ravel().tolist() == b.tolist()
    assert float(hsb.run("display _b[1.sector] - _b[0.sector]")) == pytest.approx(b[1] - b[0], rel=1e-6)
    again = hsb.run("margins")
    assert "Predictive margins" in again
    hsb.run("margins sector")
    assert (hsb.rc, hsb.last_error.message) == (322, "margins cannot work with its own posted results")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("command", "title"),
    [
        ("margins", "Predictive margins"),
        ("margins sector", "Predictive margins"),
        ("margins sector, atmeans", "Adjusted predictions"),
        ("margins sector#female, at(ses=0 size=1000)", "Adjusted predictions"),
        ("margins, dydx(ses)", "Average marginal effects"),
        ("margins, dydx(ses) atmeans", "Conditional marginal effects"),
        ("margins sector, pwcompare(pv)", "Pairwise comparisons of predictive margins"),
    ],
)
def test_titles(hsb: Session, command: str, title: str) -> None:
    assert hsb.run(command).splitlines()[1].split("   ")[0] == title


def test_level_and_df(hsb: Session) -> None:
    text = hsb.run("margins, level(90)")
    assert "[90% conf. interval]" in text and hsb.r["level"] == 90
    hsb.run("margins, df(10)")
    assert hsb.r.matrix("table").values[6, 0] == 10


def test_model_without_covariates() -> None:
    s = Session()
    s.run("sysuse hsb\nquietly regress mathach")
    assert s.run("margins").startswith(
        "warning: prediction constant over observations.\n\nPredictive margins"
    )


def test_mixed_uses_z_and_no_vce_line(cubic: Session) -> None:
    assert "Model VCE" not in cubic.text() and cubic.r.matrix("table").rows[2] == "z"


# ---------------------------------------------------------------- errors

SETUP = "sysuse hsb\nquietly regress mathach c.ses i.sector\n"


@pytest.mark.parametrize(
    ("command", "rc", "message"),
    [
        ("margins size", 322, "factor size not found in list of covariates"),
        ("margins ses", 322, "factor ses not found in list of covariates"),
        ("margins c.ses", 198, "c.ses: only factor variables and their interactions are allowed"),
        ("margins, dydx(size)", 322, "size not found in list of covariates"),
        ("margins, at(size=1)", 322, "size not found in list of covariates"),
        ("margins, dydx(ses) eyex(ses)", 198, "options dydx() and eyex() may not be combined"),
        ("margins, expression(exp(xb(())", 132, None),
        (
            "margins, expression(xb()) predict(xb)",
            198,
            "options predict() and expression() may not be combined",
        ),
        ("margins, vce(unconditional)", 198, "option vce(unconditional) not yet supported"),
        ("margins r.sector", 198, "contrast operator r. in margins not yet supported"),
        ("margins, predict(stdp)", 198, None),
        ("margins sector, pwcompare(groups)", 198, "option pwcompare(groups) not yet supported"),
        ("margins, nosuch", 198, "option nosuch not allowed"),
        ("margins if ses > 100", 2000, "no observations"),
    ],
)
def test_errors(command: str, rc: int, message: str | None) -> None:
    s = fails(SETUP + command, rc, message)
    assert s.e["cmd"] == "regress" and not s.r.stored.matrices


def test_without_estimates() -> None:
    fails("sysuse hsb\nmargins", 301, "last estimates not found")


# ---------------------------------------------------------------- other predictions plug in


def test_a_nonlinear_prediction() -> None:
    """exp(xb/10): margins are means of predictions, gradients match finite differences; d ln y/dx is linear."""
    from pystata_hlm.commands._margins import Derivative, MarginTerm, Predictor, Request, compute
    from pystata_hlm.commands._margins_at import AtRow, Setting
    from pystata_hlm.commands._margins_design import Averages, Sample

    s = Session()
    s.run("sysuse hsb\nquietly regress mathach c.ses##i.sector")
    e = s.workspace.e.estimation
    assert e is not None
    averages = Averages(e.recipe, s.data, Sample(np.arange(s.data.n), None, np.zeros(s.data.n, dtype=int), 1))
    predictor = Predictor(
        "Exponential", lambda t: np.exp(t / 10), lambda t: np.exp(t / 10) / 10, lambda t: np.exp(t / 10) / 100
    )
    at = (AtRow(), AtRow({"sector": Setting((1.0,))}))
    terms = (MarginTerm(),)

    def run(b: np.ndarray, request: Request) -> np.ndarray:
        return compute(request, [predictor], averages, b, e.vcov, None).b

    for effects, kind in (((), "dydx"), ((Derivative("ses"),), "dydx"), ((Derivative("sector", 1, 0),), "dydx"),
                          ((Derivative("ses"),), "eyex")):  # fmt: skip
        request = Request(terms, at, derivatives=effects, kind=kind, covariates=("ses", "sector"))
        found = compute(request, [predictor], averages, e.b, e.vcov, None)
        numeric = np.zeros_like(found.jacobian)
        for j in e.recipe.kept:
            h = np.zeros(len(e.b))
            h[j] = 1e-5
            numeric[:, j] = (run(e.b + h, request) - run(e.b - h, request)) / 2e-5
        np.testing.assert_allclose(found.jacobian, numeric, rtol=1e-6, atol=1e-9)
    eta = e.recipe.linear(s.data, e.b)
    plain = run(e.b, Request(terms, (AtRow(),)))
    np.testing.assert_allclose(plain, np.exp(eta / 10).mean(), rtol=1e-12)
    semi = run(e.b, Request(terms, at, derivatives=(Derivative("ses"),), kind="eydx"))
    sector = s.data.values("sector")
    slope = e.b[e.recipe.names.index("ses")] + e.b[e.recipe.names.index("1.sector#c.ses")] * np.array(
        [sector.mean(), 1]
    )
    np.testing.assert_allclose(semi, slope / 10, rtol=1e-10)


def test_hundreds_of_rows_are_quick(hsb: Session) -> None:
    """Averages are formed once: 1,000 rows of at() read the columns of the sample no more often than one."""
    from pystata_hlm.commands._margins_design import Averages

    calls = 0
    plain = Averages.group_means

    def counted(self: Averages, values: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        return plain(self, values)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Averages, "group_means", counted)
        hsb.run("margins, at(ses=(0(.001)1)) noatlegend")
    assert hsb.rc == 0 and len(hsb.r["b"].ravel()) == 1001 and calls < 20
