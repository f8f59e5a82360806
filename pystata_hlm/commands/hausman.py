"""hausman: Hausman specification test.   hausman name-consistent [name-efficient] [, constant alleqs sigmamore sigmaless ...]"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands import _coeftable, _estimates
from pystata_hlm.commands._estimation import label_lookup
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Col, Row, Table, Text
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.settings import Settings
    from pystata_hlm.runtime.workspace import StoredEstimates


@dataclass(frozen=True)
class Comparison:
    """Common coefficients of the two models, their difference, V_b - V_B, and the test."""

    names: tuple[str, ...]
    b: np.ndarray
    efficient: np.ndarray
    vcov: np.ndarray
    chi2: float
    df: int
    definite: bool

    @property
    def p(self) -> float:
        return float(dist.chi2tail(self.df, self.chi2)) if self.df and self.chi2 >= 0 else math.nan


def _columns(
    model: StoredEstimates, constant: bool, alleqs: bool, skipped: tuple[str, ...]
) -> dict[str, int]:
    """Estimated coefficients of the first equation (or of all), by name."""
    b, vcov = model.stored.matrices.get("b"), model.stored.matrices.get("V")
    if b is None or vcov is None:
        raise StataError.last_estimates_not_found()
    first = b.cols[0].rpartition(":")[0] if b.cols else ""
    out = {}
    for k, col in enumerate(b.cols):
        eq, _, term = col.rpartition(":")
        if (eq != first and not alleqs) or eq in skipped:
            continue
        if (term == "_cons" and not constant) or vcov.values[k, k] == 0:
            continue
        out[col if alleqs and eq else term] = k
    return out


def _sigma2(model: StoredEstimates) -> float:
    """The disturbance variance: e(rmse) squared, or e(sigma)."""
    for name in ("rmse", "sigma"):
        value = model.stored.scalars.get(name, math.nan)
        if math.isfinite(value):
            return value**2
    raise StataError(498, f"{model.name} does not store e(rmse) or e(sigma)")


def compute(
    consistent: StoredEstimates,
    efficient: StoredEstimates,
    *,
    constant: bool,
    alleqs: bool,
    skipped: tuple[str, ...],
    sigma: str,
    df: int | None,
) -> Comparison:
    """(b-B)'(V_b-V_B)^-1(b-B) with a generalised inverse whose rank gives the degrees of freedom."""
    mine, theirs = (_columns(m, constant, alleqs, skipped) for m in (consistent, efficient))
    names = tuple(name for name in mine if name in theirs)
    if not names:
        raise StataError(
            498,
            "no coefficients in common; specify equations(matchlist) for problems with different equation names.",
        )
    picks = [np.array([where[n] for n in names]) for where in (mine, theirs)]
    b, eff = (
        m.stored.matrices["b"].values[0][k] for m, k in zip((consistent, efficient), picks, strict=True)
    )
    v, big = (
        m.stored.matrices["V"].values[np.ix_(k, k)]
        for m, k in zip((consistent, efficient), picks, strict=True)
    )
    if sigma == "more":
        v = v * (_sigma2(efficient) / _sigma2(consistent))
    elif sigma == "less":
        big = big * (_sigma2(consistent) / _sigma2(efficient))
    diff, vcov = b - eff, v - big
    scale = np.sqrt(np.maximum(np.diag(v), 1e-300))
    values, vectors = np.linalg.eigh(vcov / np.outer(scale, scale))
    size = np.abs(values)
    good = size > 1e-10 * max(float(size.max()), 1e-300)
    along = vectors.T @ (diff / scale)
    chi2 = float(np.sum(along[good] ** 2 / values[good]))
    return Comparison(
        names, b, eff, vcov, chi2, df if df is not None else int(good.sum()), bool((values > 0).all())
    )


def layout(c: Comparison, one: StoredEstimates, two: StoredEstimates, ctx: Context) -> list[Table | Text]:
    settings = ctx.settings
    new = settings.new_headings
    shown = _coeftable.Coefficients(c.names, ("ok",) * len(c.names), c.b, np.ones(len(c.b)))
    blocks = _coeftable.blocks_of(shown, label_lookup(ctx))
    width = _coeftable.stub_width(blocks, "", settings.linesize - 68)
    body: list[Row] = []
    variance = np.diag(c.vcov)
    for n, block in enumerate(blocks):
        if n and (block.spaced or blocks[n - 1].spaced_after):
            body.append(Row())
        if block.heading:
            body += _coeftable.heading_rows(block.heading, width)
        for text, k in block.rows:
            se = math.sqrt(variance[k]) if variance[k] >= 0 else math.nan
            cells = (c.b[k], c.efficient[k], c.b[k] - c.efficient[k], se)
            *before, last = [text + " "] if block.indented else _coeftable.stub_lines(text, width)
            body += [_coeftable.broken(line) for line in before]
            body.append(Row(last, tuple(Cell(float(v), "%9.0g") for v in cells)))
    left, right = abbrev(one.name, 12), abbrev(two.name, 12)
    se_head = "Std. err." if new else "S.E."
    heads = (
        "      (b)          (B)            (b-B)     sqrt(diag(V_b-V_B))",
        f" {left.center(13)}{right.center(13)}    Difference{se_head.rjust(16 if new else 14)}",
    )
    table = Table(
        "",
        width,
        (Col("b", 12), Col("B", 13), Col("diff", 16), Col("se", 16)),
        tuple(body),
        bottom=True,
        head_text=heads,
        name="hausman",
        width=width + 66,
    )
    return [Text("\n" + " " * (width + 5) + "---- Coefficients ----"), table, *_legend(c, one, two, settings)]


def _legend(c: Comparison, one: StoredEstimates, two: StoredEstimates, settings: Settings) -> list[Text]:
    first, second = (m.stored.macros.get("cmd", "") for m in (one, two))
    new = settings.new_headings
    chi2 = format_number(c.chi2, "%9.2f").strip()
    if new:
        head = [
            f"b = Consistent under H0 and Ha; obtained from {first}.".rjust(78),
            f"B = Inconsistent under Ha, efficient under H0; obtained from {second}.".rjust(78),
            "",
            "Test of H0: Difference in coefficients not systematic",
            "",
        ]
        name = f"chi2({c.df})"
        body = [f"{name:>11} = (b-B)'[(V_b-V_B)^(-1)](b-B)"]
        if c.chi2 < 0:
            body.append(" " * 12 + f"= {chi2}")
            body += ["", "Warning: chi2 < 0 ==> model fitted on these data", "         fails to meet the asymptotic",
                     "         assumptions of the Hausman test;", "         see suest for a generalized test."]  # fmt: skip
        else:
            body += [" " * 12 + f"= {chi2}", f"Prob > chi2 = {c.p:.4f}"]
        if not c.definite and c.chi2 >= 0:
            body.append("(V_b-V_B is not positive definite)")
        return [Text("\n".join(head + body))]
    head = [
        f"b = consistent under Ho and Ha; obtained from {first}".rjust(78),
        f"B = inconsistent under Ha, efficient under Ho; obtained from {second}".rjust(78),
        "",
        "    Test:  Ho:  difference in coefficients not systematic",
        "",
        f"{'chi2(' + str(c.df) + ')':>25} = (b-B)'[(V_b-V_B)^(-1)](b-B)",
    ]
    if c.chi2 < 0:
        head.append(
            f"{'=':>27} {chi2:>11}    chi2<0 ==> model fitted on these\n"
            + "\n".join(
                " " * 43 + text
                for text in (
                    "data fails to meet the asymptotic",
                    "assumptions of the Hausman test;",
                    "see suest for a generalized test",
                )
            )
        )
    else:
        head += [f"{'=':>27} {chi2:>11}", f"{'Prob>chi2 =':>27} {c.p:>11.4f}"]
        if not c.definite:
            head.append(" " * 16 + "(V_b-V_B is not positive definite)")
    return [Text("\n".join(head))]


@command(
    "hausman",
    klass="r",
    syntax="anything",
    allow=frozenset(),
    options=(
        Opt("constant", 1),
        Opt("alleqs", 1),
        Opt("skipeqs", 4, "text"),
        Opt("force"),
        Opt("df", 2, "int"),
        Opt("sigmamore"),
        Opt("sigmaless"),
    ),
    unsupported=("equations:2", "tconsistent", "tefficient", "prior", "save", "current", "more", "less"),
)
def run(call: Call, ctx: Context) -> Stored:
    names = call.node.text.split()
    if not 1 <= len(names) <= 2:
        raise StataError(198, "one or two names of stored estimates required")
    if call.has("sigmamore") and call.has("sigmaless"):
        raise StataError(198, "options sigmamore and sigmaless may not be combined")
    one = _estimates.find(names[0], ctx)
    two = _estimates.find(names[1] if len(names) == 2 else ".", ctx)
    for model in (one, two):
        if model.stored.macros.get("vce") in ("robust", "cluster", "bootstrap", "jackknife") and not call.has(
            "force"
        ):
            raise StataError(
                198, "hausman cannot be used with vce(robust), vce(cluster cvar), or p-weighted data"
            )
    sigma = "more" if call.has("sigmamore") else "less" if call.has("sigmaless") else ""
    skipped = tuple((call.opt("skipeqs") or "").split())
    c = compute(
        one,
        two,
        constant=call.has("constant"),
        alleqs=call.has("alleqs"),
        skipped=skipped,
        sigma=sigma,
        df=call.opt("df"),
    )
    for item in layout(c, one, two, ctx):
        ctx.emit(item)
    scalars = {"chi2": c.chi2, "df": float(c.df), "p": c.p, "rank": float(c.df)}
    return Stored("r", scalars)
