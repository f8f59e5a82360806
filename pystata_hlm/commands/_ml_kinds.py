"""The single-level maximum-likelihood commands and their families; the dependent variable for the engine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pystata_hlm.errors import StataError
from pystata_hlm.numeric import glm


@dataclass(frozen=True)
class Kind:
    """A command: title, family, and the word over exponentiated coefficients by the option that asks for them."""

    title: str
    family: str
    link: glm.Link = glm.LOGIT
    ratio: str = ""
    option: str = ""
    always: bool = False
    """Ratios without being asked (``logistic``)."""
    opg: bool = False
    """vce(opg) is allowed."""

    @property
    def vces(self) -> tuple[str, ...]:
        return ("oim", "robust", "cluster", *(("opg",) if self.opg else ()))


KINDS = {
    "logit": Kind("Logistic regression", "binary", glm.LOGIT, "Odds ratio", "or"),
    "logistic": Kind("Logistic regression", "binary", glm.LOGIT, "Odds ratio", "or", always=True),
    "probit": Kind("Probit regression", "binary", glm.PROBIT, opg=True),
    "cloglog": Kind("Complementary log-log regression", "binary", glm.CLOGLOG, "exp(b)", "eform", opg=True),
    "poisson": Kind("Poisson regression", "poisson", ratio="IRR", option="irr", opg=True),
    "nbreg": Kind("Negative binomial regression", "nbreg", ratio="IRR", option="irr", opg=True),
    "ologit": Kind("Ordered logistic regression", "ordinal", glm.LOGIT, "Odds ratio", "or"),
    "oprobit": Kind("Ordered probit regression", "ordinal", glm.PROBIT),
}


@dataclass(frozen=True)
class Outcome:
    """The dependent variable for the engine; categories of an ordered one."""

    family: glm.Family
    categories: tuple[float, ...] = ()


def outcome_of(kind: Kind, y: np.ndarray, depvar: str, constant: bool = False) -> Outcome:
    """``constant``: nbreg's dispersion(constant)."""
    if kind.family == "binary":
        success = (y != 0).astype(float)
        if not success.any() or success.all():
            raise StataError(
                2000,
                "outcome does not vary; remember:\n" + " " * 34 + "0 = negative outcome,\n" + " " * 25
                + "all other nonmissing values = positive outcome",
            )  # fmt: skip
        return Outcome(glm.Binomial(success, np.ones(len(y)), kind.link))
    if kind.family in ("poisson", "nbreg"):
        if (y < 0).any():
            raise StataError(459, f"{depvar} must be greater than or equal to zero")
        if kind.family == "poisson":
            return Outcome(glm.Poisson(y))
        if not y.any():
            raise StataError(498, f"{depvar} is zero for all observations")
        return Outcome(glm.NegativeBinomial(y, constant))
    categories = np.unique(y)
    if len(categories) < 2:
        raise StataError(148, "outcome does not vary in remaining observations")
    codes = np.searchsorted(categories, y)
    return Outcome(glm.Ordinal(codes, len(categories), link=kind.link), tuple(categories.tolist()))
