"""What a generalised linear mixed model is called: families, links, titles, parameter names; outcomes checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._mixed_model import GroupKeys, LevelPlan
from pystata_hlm.errors import StataError
from pystata_hlm.numeric import glm

if TYPE_CHECKING:
    from pystata_hlm.commands._estimation import Vce
    from pystata_hlm.runtime.context import Context

FAMILIES = (
    ("gaussian", 3, "identity", ("identity", "log")),
    ("bernoulli", 2, "logit", ("logit", "probit", "cloglog")),
    ("binomial", 2, "logit", ("logit", "probit", "cloglog")),
    ("gamma", 3, "log", ("log",)),
    ("nbinomial", 2, "log", ("log",)),
    ("ordinal", 2, "logit", ("logit", "probit", "cloglog")),
    ("poisson", 1, "log", ("log",)),
)
"""Families of meglm with shortest abbreviation, default link and links allowed."""

LINKS = (("identity", 1), ("log", 3), ("logit", 5), ("probit", 4), ("cloglog", 4))

FAMILY_NAMES = {"nbinomial": "Negative binomial"}


@dataclass(frozen=True)
class Outcome:
    """Distribution of the outcome. ``trials`` number or variable of a binomial; ``constant`` NB dispersion."""

    family: str
    link: str
    trials: str = ""
    constant: bool = False

    @property
    def model(self) -> str:
        """Name of the model without random effects in ``LR test vs. ... model``."""
        if self.family in ("bernoulli", "binomial"):
            return {"logit": "logistic"}.get(self.link, self.link)
        if self.family == "ordinal":
            return {"logit": "ologit", "probit": "oprobit"}.get(self.link, "ocloglog")
        return {"poisson": "Poisson", "gaussian": "linear"}.get(self.family, self.family)

    @property
    def eform(self) -> str:
        """Heading of exponentiated coefficients; "" where there are none."""
        if self.family in ("bernoulli", "binomial", "ordinal") and self.link == "logit":
            return "Odds ratio"
        if self.family in ("poisson", "nbinomial"):
            return "IRR"
        return "exp(b)"


@dataclass(frozen=True)
class GlmmModel:
    """What was fitted, with the names that output and predictions need (``Estimation.extra['model']``).

    command     the command's name; title its heading
    aux_names   names of the auxiliary parameters in e(b)
    categories  values of an ordinal outcome, ascending
    keys        group keys of each level, in the engine's group order
    """

    command: str
    title: str
    outcome: Outcome
    levels: tuple[LevelPlan, ...]
    keys: tuple[GroupKeys, ...]
    vce: Vce
    method: str
    points: int
    aux_names: tuple[str, ...]
    categories: tuple[float, ...] = ()
    n_clusters: int | None = None
    offset: str = ""
    exposure: str = ""
    legacy: bool = False
    sd_default: bool = False
    show_family: bool = False
    n_obs: float = 0.0
    sizes: tuple[tuple[float, float, float], ...] = ()
    """Smallest, average and largest number of observations in a group, for each level."""

    @property
    def link(self) -> glm.Link:
        return glm.LINKS[self.outcome.link]

    def path(self, k: int) -> str:
        """``school>class``."""
        return ">".join(plan.name for plan in self.levels[: k + 1])

    def natural_names(self) -> tuple[str, ...]:
        """``var(_cons[school])``, ``cov(x[id],_cons[id])`` in the engine's order."""
        out = []
        for k, plan in enumerate(self.levels):
            where = self.path(k)
            for part in plan.parts:
                effects = [f"{name}[{where}]" for name in part.effects]
                for i, j in reported(len(effects), part.structure):
                    out.append(
                        f"var({effects[i]})" if i == j else f"cov({effects[min(i, j)]},{effects[max(i, j)]})"
                    )
        return tuple(out)


def reported(size: int, structure: str) -> list[tuple[int, int]]:
    """Variances and covariances of one equation as the engine orders them."""
    from pystata_hlm.numeric.glmm import Structure

    return [(n.i, n.j) for n in Structure.of([(size, structure)]).naturals]


# ---------------------------------------------------------------- family() and link()


def outcome_of(family: str | None, link: str | None, ctx: Context) -> Outcome:
    """meglm's ``family()`` and ``link()``."""
    words = (family or "gaussian").split()
    if not words:
        raise StataError(198, "option family() incorrectly specified")
    for name, shortest, default, allowed in FAMILIES:
        if len(words[0]) < shortest or not name.startswith(words[0]):
            continue
        chosen = default if link is None else _link(link)
        if chosen not in allowed:
            raise StataError(198, f"family({name}) link({chosen}) not allowed")
        found = Outcome(name, chosen)
        if name == "binomial" and len(words) == 2:
            return replace(found, trials=words[1])
        if name == "binomial":
            return replace(found, family="bernoulli") if len(words) == 1 else _bad_family(family)
        if name == "nbinomial" and len(words) == 2:
            return replace(found, constant=dispersion(words[1]))
        return found if len(words) == 1 else _bad_family(family)
    return _bad_family(family)


def _bad_family(text: str | None) -> Outcome:
    raise StataError(198, f"option family() incorrectly specified: '{text}'")


def _link(text: str) -> str:
    for name, shortest in LINKS:
        if len(text) >= shortest and name.startswith(text):
            return name
    raise StataError(198, f"link({text}) not allowed")


def dispersion(text: str) -> bool:
    """``dispersion(mean|constant)``: True for constant."""
    for name, value in (("mean", False), ("constant", True)):
        if text and name.startswith(text):
            return value
    raise StataError(198, f"dispersion({text}) not allowed")


# ---------------------------------------------------------------- the outcome in the data


def trials_of(outcome: Outcome, ctx: Context, rows: np.ndarray) -> np.ndarray:
    text = outcome.trials
    try:
        number = float(text)
    except ValueError:
        return np.asarray(ctx.data.values(ctx.data.find(text))[rows], dtype=float)
    return np.full(int(rows.sum()), number)


def trials_variable(outcome: Outcome, ctx: Context) -> str:
    """Name of the variable that holds the trials, "" when they are a number."""
    if not outcome.trials:
        return ""
    try:
        float(outcome.trials)
    except ValueError:
        return str(ctx.data.find(outcome.trials))
    return ""


def family_of(
    outcome: Outcome, depvar: str, rows: np.ndarray, ctx: Context
) -> tuple[glm.Family, tuple[float, ...], tuple[str, ...]]:
    """The engine's family, the categories of an ordinal outcome and the names of the auxiliary parameters.

    Errors: r(2000) outcome does not vary, r(459) values outside the family's range.
    """
    y = np.asarray(ctx.data.values(depvar)[rows], dtype=float)
    kind = outcome.family
    if kind == "bernoulli":
        y = (y != 0).astype(float)
        if y.min() == y.max():
            raise StataError(
                2000,
                "outcome does not vary; remember:\n"
                "                                  0 = negative outcome,\n"
                "        all other nonmissing values = positive outcome",
            )
        return glm.Binomial(y, np.ones_like(y), glm.LINKS[outcome.link]), (), ()
    if kind == "binomial":
        n = trials_of(outcome, ctx, rows)
        if (n != np.floor(n)).any() or (n <= 0).any():
            raise StataError(459, f"binomial({outcome.trials}) has noninteger or nonpositive values")
        if (y < 0).any():
            raise StataError(459, f"{depvar} has negative values")
        if (y > n).any():
            raise StataError(459, f"{depvar} > binomial({outcome.trials}) in some cases")
        if (y != np.floor(y)).any():
            raise StataError(459, f"{depvar} has noninteger values")
        return glm.Binomial(y, n, glm.LINKS[outcome.link]), (), ()
    if kind in ("poisson", "nbinomial"):
        if (y < 0).any():
            raise StataError(459, f"{depvar} must be greater than or equal to zero")
        if (y != np.floor(y)).any():
            ctx.say("note: you are responsible for interpretation of noncount dep. variable")
        if kind == "poisson":
            return glm.Poisson(y), (), ()
        name = "lndelta" if outcome.constant else "lnalpha"
        return glm.NegativeBinomial(y, outcome.constant), (), (name,)
    if kind == "gamma":
        if (y <= 0).any():
            raise StataError(459, f"{depvar} must be greater than zero")
        return glm.Gamma(y), (), ("logs",)
    if kind == "gaussian":
        return glm.Gaussian(y, outcome.link == "log"), (), (f"var(e.{depvar})",)
    values, codes = np.unique(y, return_inverse=True)
    if len(values) < 2:
        raise StataError(148, "too few categories")
    if len(values) > 50:
        raise StataError(149, "too many categories")
    cuts = tuple(f"cut{k + 1}" for k in range(len(values) - 1))
    link = glm.LINKS[outcome.link]
    return glm.Ordinal(codes.astype(float), len(values), link), tuple(float(v) for v in values), cuts
