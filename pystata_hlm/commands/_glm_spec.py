"""family() and link() of glm: what may be typed, and how the heading writes it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.data import names
from pystata_hlm.errors import StataError
from pystata_hlm.numeric.glm import quasi

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

FAMILIES = (
    ("gaussian", 3),
    ("igaussian", 2),
    ("binomial", 1),
    ("poisson", 1),
    ("nbinomial", 2),
    ("gamma", 3),
)
LINKS = (
    ("identity", 1),
    ("log", 3),
    ("logit", 1),
    ("probit", 1),
    ("cloglog", 1),
    ("power", 3),
    ("opower", 3),
    ("nbinomial", 2),
    ("loglog", 4),
    ("logc", 4),
)
CANONICAL = {
    "gaussian": "identity",
    "igaussian": "power -2",
    "binomial": "logit",
    "poisson": "log",
    "nbinomial": "log",
    "gamma": "power -1",
}


@dataclass(frozen=True)
class Spec:
    """A family and a link. ``trials``: "" (Bernoulli), a number or a variable; ``ml``: alpha is estimated."""

    family: str
    link: str
    power: float = 1.0
    trials: str = ""
    alpha: float = 1.0
    ml: bool = False

    @property
    def n(self) -> str:
        """The denominator in the formulas of the heading."""
        return self.trials or "1"

    def quasi_family(self, trials: np.ndarray | float) -> quasi.QuasiFamily:
        return quasi.QuasiFamily(self.family, trials, self.alpha)

    def quasi_link(self) -> quasi.QuasiLink:
        if self.link == "power":
            return quasi.POWER(self.power)
        if self.link == "opower":
            return quasi.ODDS_POWER(self.power)
        if self.link == "nbinomial":
            return quasi.nbinomial_link(self.alpha)
        table = {
            "identity": quasi.IDENTITY,
            "log": quasi.LOG,
            "logit": quasi.LOGIT,
            "probit": quasi.PROBIT,
            "cloglog": quasi.CLOGLOG,
            "loglog": quasi.LOGLOG,
            "logc": quasi.LOGC,
        }
        return table[self.link]

    @property
    def variance_text(self) -> tuple[str, str]:
        """V(u) and the family's title."""
        return {
            "gaussian": ("1", "Gaussian"),
            "igaussian": ("u^3", "Inverse Gaussian"),
            "binomial": (f"u*(1-u/{self.n})" if self.trials else "u*(1-u)", "Binomial" if self.trials else "Bernoulli"),
            "poisson": ("u", "Poisson"),
            "gamma": ("u^2", "Gamma"),
            "nbinomial": (f"u+({self.alpha:.4g})u^2", "Neg. Binomial"),
        }[self.family]  # fmt: skip

    @property
    def link_text(self) -> tuple[str, str]:
        """g(u) and the link's title."""
        share = f"u/{self.n}" if self.trials else "u"
        rest = f"{self.n}-u"
        a = f"{self.power:g}"
        powers = {-1.0: ("1/u", "Reciprocal"), -2.0: ("1/(u^2)", "Power(-2)"), 2.0: ("u^2", "Power(2)")}
        return {
            "identity": (share, "Identity"),
            "log": (f"ln({share})", "Log"),
            "logit": (f"ln(u/({rest}))", "Logit"),
            "probit": (f"invnorm({share})", "Probit"),
            "cloglog": (f"ln(-ln(1-{share}))", "Complementary log-log"),
            "loglog": (f"-ln(-ln({share}))", "Log-log"),
            "logc": (f"ln(1-{share})", "Log complement"),
            "power": powers.get(self.power, (f"u^({a})", f"Power({a})")),
            "opower": (f"(u/({rest}))^({a})", f"Odds power({a})"),
            "nbinomial": (f"ln(u/(u+(1/{self.alpha:.4g})))", "Neg. Binomial"),
        }[self.link]

    @property
    def ratio(self) -> str:
        """Over exponentiated coefficients."""
        if self.family == "binomial":
            return {"logit": "Odds ratio", "log": "Risk ratio", "logc": "HR"}.get(self.link, "exp(b)")
        return "IRR" if self.link == "log" and self.family in ("poisson", "nbinomial") else "exp(b)"


def _word(text: str, table: tuple[tuple[str, int], ...]) -> str | None:
    return next((full for full, least in table if len(text) >= least and full.startswith(text)), None)


def read(family: str | None, link: str | None, ctx: Context) -> Spec:
    """The specification. r(198) for unknown words and combinations."""
    words = (family or "gaussian").split()
    name = _word(words[0], FAMILIES) if words else None
    if name is None or len(words) > 2:
        raise StataError(198, f"unknown family() {family}")
    spec = Spec(name, "")
    if len(words) == 2:
        spec = _argument(spec, words[1], ctx)
    parts = (link or CANONICAL[name]).split()
    found = _word(parts[0], LINKS) if parts else None
    if found is None or len(parts) > 2 or (len(parts) == 2) != (found in ("power", "opower")):
        raise StataError(198, f"unknown link() {link}")
    power = 1.0
    if len(parts) == 2:
        try:
            power = float(parts[1])
        except ValueError:
            raise StataError(198, f"unknown link() {link}") from None
    if found in ("logit", "probit", "cloglog", "opower", "loglog", "logc") and name != "binomial":
        raise StataError(198, f"family({name}) and link({found}) may not be combined")
    if found == "nbinomial" and name != "nbinomial":
        raise StataError(198, f"family({name}) and link(nbinomial) may not be combined")
    if found == "power" and power in (0.0, 1.0):
        found = "log" if power == 0 else "identity"
    if found == "opower" and power == 0:
        found = "logit"
    return replace(spec, link=found, power=power)


def _argument(spec: Spec, text: str, ctx: Context) -> Spec:
    if spec.family == "binomial":
        try:
            if float(text) < 1:
                raise StataError(198, "number of trials must be at least 1")
            return replace(spec, trials=text if float(text) != 1 else "")
        except ValueError:
            return replace(spec, trials=ctx.data.find(text))
    if spec.family == "nbinomial":
        if text == "ml":
            return replace(spec, ml=True)
        try:
            alpha = float(text)
        except ValueError:
            alpha = -1.0
        if alpha > 0:
            return replace(spec, alpha=alpha)
    raise StataError(198, f"unknown family() {spec.family} {text}")


def trials_of(spec: Spec, rows: np.ndarray, ctx: Context) -> np.ndarray | float:
    if not spec.trials:
        return 1.0
    if names.is_valid_name(spec.trials) and spec.trials in ctx.data:
        return np.asarray(ctx.data.values(spec.trials)[rows], dtype=float)
    return float(spec.trials)
