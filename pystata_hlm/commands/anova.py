"""anova: Analysis of variance and covariance.   anova varname [termlist [/ ...]] [if] [in] [weight] [, sequential noconstant]

Terms: variables are factors unless ``c.``; ``#`` crosses, ``|`` nests, ``/`` says that the next term is the error term of
those before it. Sums of squares: numeric/anova.py. Layout: the table on stata.com's page on anova, 52 columns right of
the bar, the names right-aligned before column 25.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands import regress
from pystata_hlm.commands._estimation import equation_matrix, scale_weights, square_matrix
from pystata_hlm.commands.predict import Prediction, Request
from pystata_hlm.data import missing
from pystata_hlm.design.matrix import build, markout
from pystata_hlm.design.terms import Term, TermList, expand_terms
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import dist, ols
from pystata_hlm.numeric.anova import AnovaFit, AnovaTerm, fit_anova
from pystata_hlm.runtime.registry import command, postestimation
from pystata_hlm.runtime.results import Estimation, Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

STUB = 24  # columns left of the blank and the bar
RESIDUAL = "Residual"
NO_TEST = -1


@dataclass(frozen=True)
class Line:
    """A term of the table; ``error`` names its error term ("" when it has no test)."""

    name: str
    ss: float
    df: int
    error: str
    error_ss: float
    error_df: float

    @property
    def f(self) -> float:
        if not self.error or self.df < 1 or not self.error_ss > 0 or not self.error_df > 0:
            return math.nan
        return self.ss / self.df / (self.error_ss / self.error_df)

    @property
    def p(self) -> float:
        return float(dist.Ftail(self.df, self.error_df, self.f)) if math.isfinite(self.f) else math.nan


@dataclass(frozen=True)
class Model:
    """What was typed: terms with their names, and for each the position of its error term
    (None: the residual; NO_TEST)."""

    terms: TermList
    parts: tuple[AnovaTerm, ...]
    names: tuple[str, ...]
    errors: tuple[int | None, ...]


# ---------------------------------------------------------------- reading

_WORD = re.compile(r"(?:[^\s/()]|\([^()]*\))+|/")


def _nodes(word: str) -> Any:
    """One word of the list with ``i.`` before every variable that has no operator."""
    pieces = re.split(r"(##|#|\|)", word)
    for k in range(0, len(pieces), 2):
        if not pieces[k]:
            raise StataError.invalid_syntax()
        if "." not in pieces[k]:
            pieces[k] = f"i.{pieces[k]}"
    return parse("varlist", "".join(pieces).replace("|", "#"))


def _name(term: Term, within: tuple[str, ...]) -> str:
    inner = "#".join(p.name for p in term.parts if p.name not in within)
    return "|".join([inner, *within]) if within else inner


def _nested_in(word: str, term: Term, ctx: Context) -> tuple[str, ...]:
    """The factors after the first ``|``."""
    if "|" not in word:
        return ()
    if "##" in word:
        raise StataError(198, "## and | may not be combined in a term")
    outer = re.split(r"[#|]", word.split("|", 1)[1])
    return tuple(ctx.data.find(piece.rpartition(".")[2], ctx.settings.varabbrev) for piece in outer)


def read_model(text: str, ctx: Context) -> Model:
    """Terms between the slashes. The first term after a slash is the error term of those before the slash; it is tested
    itself only when the next slash follows directly."""
    terms: list[Term] = []
    within: list[tuple[str, ...]] = []
    bases: dict[str, Any] = {}
    groups: list[list[int]] = [[]]
    for word in _WORD.findall(text):
        if word == "/":
            if not groups[-1]:
                raise StataError.invalid_syntax()
            groups.append([])
            continue
        found = expand_terms(ctx.data, _nodes(word), ctx.settings.varabbrev)
        bases.update(found.bases)
        for term in found.terms:
            if all(term.margin_key != other.margin_key for other in terms):
                groups[-1].append(len(terms))
                terms.append(term)
                within.append(_nested_in(word, term, ctx))
    errors: list[int | None] = [NO_TEST] * len(terms)
    for g, group in enumerate(groups):
        after = groups[g + 1] if g + 1 < len(groups) else []
        alone = len(group) == 1 and g + 1 < len(groups)
        for k in group if g == 0 or alone else group[1:]:
            errors[k] = after[0] if after else None
    parts = tuple(
        AnovaTerm(
            tuple(p.name for p in t.factors if p.name not in outer),
            outer,
            tuple(p.name for p in t.continuous),
        )
        for t, outer in zip(terms, within, strict=True)
    )
    names = tuple(_name(t, outer) for t, outer in zip(terms, within, strict=True))
    return Model(TermList(tuple(terms), bases), parts, names, tuple(errors))


# ---------------------------------------------------------------- output


def _cells(ss: float, df: float, f: float | None = None, p: float = math.nan) -> str:
    mean = "" if df < 1 else format_number(ss / df, "%10.0g").strip()
    left = f"{format_number(ss, '%10.0g').strip():>11}{format_number(df, '%9.0g').strip():>11}{mean:>12}"
    if f is None or not math.isfinite(f):
        return left
    return f"{left}{format_number(f, '%9.2f'):>10}{format_number(p, '%6.4f'):>8}"


def _row(name: str, cells: str = "") -> list[str]:
    """A row; names beyond the stub break after ``#`` and ``|``."""
    pieces = [""]
    for piece in re.findall(r"[^#|]*[#|]?", name):
        if pieces[-1] and len(pieces[-1]) + len(piece) > STUB:
            pieces.append("")
        pieces[-1] += piece
    lines = [f"{piece:>{STUB}} |" for piece in pieces]
    lines[-1] += cells
    return lines


def rule(names: list[str]) -> str:
    dashes = min(STUB + 1, max([11, *(len(name) + 1 for name in names)]))
    return " " * (STUB + 1 - dashes) + "-" * dashes + "+" + "-" * 52


def head(sequential: bool) -> str:
    return f"{'Source':>{STUB}} |{'Seq. SS' if sequential else 'Partial SS':>11}         df         MS        F    Prob>F"


def table_lines(e: Stored, lines: list[Line]) -> list[str]:
    s = e.scalars
    line = rule([each.name for each in lines])
    f = s["F"]
    p = float(dist.Ftail(s["df_m"], s["df_r"], f)) if math.isfinite(f) else math.nan
    out = [
        head(e.macros["sstype"] == "sequential"),
        line,
        *_row("Model", _cells(s["mss"], s["df_m"], f, p)),
        *_row(""),
    ]
    residual: list[str] = []
    pending: list[str] = []
    for k, each in enumerate(lines):
        shown = _row(each.name, _cells(each.ss, each.df, each.f, each.p))
        if each.error == RESIDUAL:
            residual += shown
            continue
        if not each.error:
            continue
        pending += shown
        following = lines[k + 1] if k + 1 < len(lines) else None
        if following is None or following.error != each.error:
            against = next(other for other in lines if other.name == each.error)
            out += [*pending, *_row(against.name, _cells(against.ss, against.df)), line]
            pending = []
    unused = [each for each in lines if not each.error and all(other.error != each.name for other in lines)]
    for each in unused:
        residual += _row(each.name, _cells(each.ss, each.df))
    out += [*residual, *_row(""), *_row(RESIDUAL, _cells(s["rss"], s["df_r"])), line]
    return [*out, *_row("Total", _cells(s["mss"] + s["rss"], s["df_m"] + s["df_r"]))]


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    """Heading and table from e() (also the replay)."""
    e = ctx.workspace.e
    s = e.scalars

    def top(left: str, value: str, right: str, share: float) -> str:
        return f"{' ' * 25}{left:<14}= {value:>10}    {right:<14}={format_number(share, '%8.4f')}"

    root = format_number(s["rmse"], "%10.6g").strip()
    out = [
        "",
        top("Number of obs", format_number(s["N"], "%10.0fc").strip(), "R-squared", s["r2"]),
        top("Root MSE", root, "Adj R-squared", s["r2_a"]),
        "",
    ]
    ctx.say("\n".join(out + table_lines(e, estimation.extra["lines"])))


# ---------------------------------------------------------------- the command


@command(
    "anova",
    min=3,
    klass="e",
    syntax="anything",
    byable="loop",
    weights=("aweight", "fweight"),
    estimation=True,
    options=(
        Opt("sequential", 2),
        Opt("partial", 1),
        Opt("noconstant", 6),
    ),
    unsupported=("dropemptycells:4", "repeated:3", "bse", "bseunit:4", "grouping:2"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.replay:
        show(ctx.estimation, call.options, ctx)
        return None
    if call.has("sequential") and call.has("partial"):
        raise StataError(198, "options partial and sequential may not be combined")
    first, _, rest = call.node.text.strip().partition(" ")
    depvar = ctx.data.find(first, ctx.settings.varabbrev)
    if ctx.data.column(depvar).is_string:
        raise StataError.type_mismatch()
    model = read_model(rest, ctx)
    for name in model.terms.names:
        if ctx.data.column(name).is_string:
            raise StataError.type_mismatch()
    rows = markout(ctx.data, (depvar, *model.terms.names), call.sample)
    if not rows.any():
        raise StataError.no_observations()
    w, n_obs, _ = scale_weights(call.weight, rows)
    if n_obs < 2:
        raise StataError.insufficient_observations()
    constant = not call.has("noconstant")
    design = build(ctx.data, model.terms, rows, constant)
    y = ctx.data.values(depvar)[rows]
    fit = ols.fit_ols(y, design.x, w, constant, n_obs)
    codes = {}
    for name in model.terms.factor_names:
        ordered = missing.ordered(*ctx.data.column(name).take(np.flatnonzero(rows)).decoded())
        codes[name] = np.unique(ordered, return_inverse=True)[1].ravel()
    if not call.has("sequential"):
        refuse_empty_cells(model, codes)
    x = {p.name: ctx.data.values(p.name)[rows] for t in model.terms.terms for p in t.continuous}
    sums = fit_anova(y, model.parts, codes, x, w, n_obs, constant, call.has("sequential"))
    stored = results(call, depvar, model, design.recipe, fit, sums, rows)
    ctx.store(stored)
    show(ctx.estimation, call.options, ctx)
    return None


def refuse_empty_cells(model: Model, codes: dict[str, np.ndarray]) -> None:
    """Partial sums of squares of terms inside an interaction with empty cells have no agreed definition."""
    for outer in model.parts:
        if len(outer.factors) < 2 or outer.within:
            continue
        inside = [
            t for t in model.parts if t != outer and set(t.factors) < set(outer.factors) and not t.continuous
        ]
        grid = np.column_stack([codes[name] for name in outer.factors])
        full = np.prod([len(np.unique(column)) for column in grid.T])
        if inside and len(np.unique(grid, axis=0)) < full:
            cell = "#".join(outer.factors)
            raise StataError(
                198,
                f"partial sums of squares with empty cells of {cell} not yet supported;\nspecify option sequential",
            )


def table_rows(model: Model, sums: AnovaFit) -> list[Line]:
    out = []
    for k, name in enumerate(model.names):
        error = model.errors[k]
        against, ss, df = "", math.nan, math.nan
        if error is None:
            against, ss, df = RESIDUAL, sums.rss, float(sums.df_r)
        elif error != NO_TEST:
            against, ss, df = model.names[error], float(sums.ss[error]), float(sums.df[error])
        out.append(Line(name, float(sums.ss[k]), int(sums.df[k]), against, ss, df))
    return out


def results(
    call: Call, depvar: str, model: Model, recipe: Any, fit: ols.OlsFit, sums: AnovaFit, rows: np.ndarray
) -> Stored:
    """e() of anova."""
    lines = table_rows(model, sums)
    sigma2 = sums.rss / sums.df_r if sums.df_r > 0 else 0.0
    f = sums.mss / sums.df_m / sigma2 if sums.df_m and sigma2 > 0 else math.nan
    total = fit.n_obs - fit.constant
    r2 = sums.mss / sums.tss if sums.tss > 0 else math.nan
    adjusted = 1 - (1 - r2) * total / sums.df_r if sums.df_r > 0 else 1.0
    scalars = {"N": fit.n_obs, "df_m": float(sums.df_m), "df_r": float(sums.df_r), "F": f, "r2": r2}
    scalars |= {"rmse": math.sqrt(sigma2), "mss": sums.mss, "rss": sums.rss, "r2_a": adjusted}
    scalars |= {"ll": fit.loglik, "ll_0": fit.loglik_null, "rank": float(fit.k)}
    macros = {"cmdline": call.line, "cmd": "anova", "depvar": depvar, "model": "ols", "properties": "b V"}
    macros |= {"sstype": "sequential" if call.has("sequential") else "partial", "predict": "regres_p"}
    macros |= {
        "estat_cmd": "anova_estat",
        "vce": "ols",
        "title": "Linear regression",
        "marginsok": "XB default",
    }
    macros["varnames"] = " ".join(model.terms.names)
    for k, each in enumerate(lines, 1):
        scalars |= {f"ss_{k}": each.ss, f"df_{k}": float(each.df), f"F_{k}": each.f}
        macros[f"term_{k}"] = each.name
        if each.error and each.error != RESIDUAL:
            scalars |= {f"ssdenom_{k}": each.error_ss, f"dfdenom_{k}": each.error_df}
            macros[f"errorterm_{k}"] = each.error
    if call.weight is not None:
        macros |= {"wtype": call.weight.kind, "wexp": f"= {call.weight.exp}"}
    b, wide = recipe.widen(fit.b), recipe.widen(fit.vcov)
    extra = {"lines": lines, "title": "Linear prediction", "beta": regress.standardized(fit, recipe)}
    extra["replays"] = ("regress",)
    estimation = Estimation(
        "anova", depvar, recipe, b, wide, df_r=fit.df_residual, fit=fit, replay=show, extra=extra
    )
    matrices = {"b": equation_matrix(b, recipe.names), "V": square_matrix(wide, recipe.names)}
    return Stored("e", scalars, macros, matrices, estimation, rows)


# ---------------------------------------------------------------- after anova


@postestimation("predict", "anova")
def predict(request: Request, ctx: Context) -> list[tuple[str, Prediction]]:
    """predict after anova: what predict after regress gives."""
    return regress.predict(request, ctx)


@postestimation("test", "anova")
def test(text: str, options: dict[str, Any], ctx: Context) -> Stored | None:
    """``test term [term ...] [/ errorterm]``: terms as the model has them, pooled; None when ``text`` names no terms."""
    tested, slash, against = text.partition("/")
    lines: list[Line] = ctx.estimation.extra["lines"]

    def found(part: str) -> list[Line] | None:
        chosen = []
        for word in part.split():
            try:
                terms = expand_terms(ctx.data, _nodes(word), ctx.settings.varabbrev).terms
            except StataError:
                return None
            for term in terms:
                name = _name(term, _nested_in(word, term, ctx))
                match = [line for line in lines if _same(line.name, name)]
                if not match:
                    return None
                chosen += match
        return list(dict.fromkeys(chosen))

    chosen = found(tested)
    if not chosen or options:
        return None
    e = ctx.workspace.e
    error = RESIDUAL, e.scalars["rss"], e.scalars["df_r"]
    if slash:
        below = found(against)
        if not below or len(below) > 1:
            raise StataError(198, "invalid error term")
        error = below[0].name, below[0].ss, float(below[0].df)
    if len(chosen) > 1:
        raise StataError(198, "test of several terms at once not yet supported after anova")
    line = replace(chosen[0], error=error[0], error_ss=error[1], error_df=error[2])
    ctx.say(
        "\n".join(
            [
                "",
                head(e.macros["sstype"] == "sequential"),
                rule([line.name, error[0]]),
                *_row(line.name, _cells(line.ss, line.df, line.f, line.p)),
                *_row(error[0], _cells(error[1], error[2])),
            ]
        )
    )
    scalars = {
        "ss": line.ss,
        "df": float(line.df),
        "rss": error[1],
        "df_r": error[2],
        "F": line.f,
        "p": line.p,
    }
    return Stored("r", scalars)


def _same(a: str, b: str) -> bool:
    return a.partition("|")[2] == b.partition("|")[2] and sorted(a.partition("|")[0].split("#")) == sorted(
        b.partition("|")[0].split("#")
    )
