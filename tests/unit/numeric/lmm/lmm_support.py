"""Shared pieces of the mixed model tests: dense formulas, random models, the models of the course and the cases."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest

from pystata_hlm.numeric.lmm import Equation, Level
from pystata_hlm.numeric.lmm.blocks import Rows, cross_products, gather_rows
from pystata_hlm.numeric.lmm.objective import Objective
from pystata_hlm.numeric.lmm.parameterise import ParamSet

SHARED = Path(__file__).resolve().parents[5] / "shared"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared reference folder is absent")


@dataclass
class Problem:
    """A model to fit."""

    y: np.ndarray
    x: np.ndarray
    levels: list[Level]
    reml: bool = False
    strata: np.ndarray | None = None

    def rows(self) -> Rows:
        return gather_rows(self.y, self.x, self.levels, self.strata)

    def objective(self) -> Objective:
        rows = self.rows()
        params = ParamSet.build(rows.structures, rows.widths, rows.stratum_codes.size)
        return Objective(cross_products(rows), params, self.reml)


def nested_codes(levels: list[Level]) -> list[np.ndarray]:
    """Nested group codes by brute force."""
    out: list[np.ndarray] = []
    for level in levels:
        key = np.column_stack([*out[-1:], level.groups])
        out.append(np.unique(key, axis=0, return_inverse=True)[1].ravel())
    return out


def dense_v(problem: Problem, covariances: list[np.ndarray], residual: np.ndarray) -> np.ndarray:
    """V as a full matrix; residual holds the residual variance of every row."""
    v = np.diag(residual).astype(float)
    for z, g, d in zip(problem.rows().z, nested_codes(problem.levels), covariances, strict=True):
        v += (z @ d @ z.T) * (g[:, None] == g[None, :])
    return v


def dense_loglik(problem: Problem, v: np.ndarray) -> float:
    """Log likelihood (Stata's constants) maximised over beta, from the full matrices."""
    x, y = problem.x, problem.y
    inverse = np.linalg.inv(v)
    n, p = x.shape
    a = x.T @ inverse @ x
    r = y - x @ np.linalg.solve(a, x.T @ inverse @ y)
    df = n - p if problem.reml else n
    twice = df * np.log(2 * np.pi) + np.linalg.slogdet(v)[1] + r @ inverse @ r
    if problem.reml:
        twice += np.linalg.slogdet(a)[1]
    return -0.5 * float(twice)


# structures of every equation of every level, widths, residual strata
SHAPES = {
    "one level, unstructured": ((("unstructured",),), ((2,),), 1),
    "one level, exchangeable, strata": ((("exchangeable",),), ((3,),), 2),
    "two levels": ((("independent",), ("unstructured",)), ((2,), (3,)), 1),
    "two levels, two equations, strata": (
        (("unstructured", "identity"), ("exchangeable",)),
        ((2, 1), (2,)),
        2,
    ),
    "three levels, strata": (
        (("exchangeable",), ("identity",), ("unstructured",)),
        ((3,), (2,), (2,)),
        3,
    ),
    "wide": ((("independent",),), ((10,),), 1),
    "no level, strata": ((), (), 3),
}


def random_problem(shape: str, seed: int, reml: bool, n: int = 60) -> Problem:
    structures, widths, n_strata = SHAPES[shape]
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 2)) + 3.0])
    levels = []
    for i, (ss, qs) in enumerate(zip(structures, widths, strict=True)):
        equations = tuple(Equation(rng.normal(size=(n, q)) * 3 + 1, s) for s, q in zip(ss, qs, strict=True))
        levels.append(Level(f"level{i}", rng.integers(0, 3, size=n), equations))
    strata = rng.integers(0, n_strata, size=n) if n_strata > 1 else None
    return Problem(rng.normal(size=n) * 3 + 5, x, levels, reml, strata)


# -- the course's data (nlme's MathAchieve) and the real Stata logs -------------------------------------------
@lru_cache(maxsize=1)
def hsb() -> dict[str, np.ndarray]:
    names = (SHARED / "data/hsb.csv").read_text().splitlines()[0].replace('"', "").split(",")
    table = np.loadtxt(SHARED / "data/hsb.csv", delimiter=",", skiprows=1)
    return {name: table[:, i] for i, name in enumerate(names)}


def course_model(strata: str | None = None) -> Problem:
    """mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector || id: female, cov(un)"""
    d = hsb()
    one = np.ones(d["id"].size)
    ses, meanses, sector, female = d["ses"], d["meanses"], d["sector"], d["female"]
    x = np.column_stack(
        [ses, meanses, ses * meanses, sector, sector * ses, female, female * meanses, female * sector, one]
    )
    level = Level.single("id", d["id"].astype(int), np.column_stack([female, one]), "unstructured")
    return Problem(d["mathach"], x, [level], False, None if strata is None else d[strata].astype(int))


def example(name: str):  # -> pandas.DataFrame
    import pandas as pd

    return pd.read_stata(SHARED / "data/examples" / name, convert_categoricals=False)


def codes(values) -> np.ndarray:
    return np.unique(np.asarray(values), return_inverse=True)[1]


def lang_crosslevel() -> Problem:
    d = example("snijders.dta")
    iqvc = (d.iq_verb - d.iq_verb.mean()).astype("f4").to_numpy(float)  # generate stores floats
    first = ~d.schoolnr.duplicated()
    sesc = (d.schoolses - d.schoolses[first].mean()).astype("f4").to_numpy(float)
    one = np.ones(len(d))
    level = Level.single("schoolnr", codes(d.schoolnr), np.column_stack([iqvc, one]), "unstructured")
    return Problem(d.langpost.to_numpy(float), np.column_stack([iqvc, sesc, iqvc * sesc, one]), [level])


def egm(slope: bool) -> Problem:
    d = example("egm.dta")
    one = np.ones(len(d))
    x = np.column_stack([d.year, one]) if slope else one[:, None]
    structure = "unstructured" if slope else "identity"
    levels = [Level.single(g, codes(d[g]), x, structure) for g in ("schoolid", "childid")]
    return Problem(d.math.to_numpy(float), x, levels)


def oxboys() -> Problem:
    d = example("oxboys.dta")
    one = np.ones(len(d))
    sc = np.cos(np.pi * d.seas / 6).astype("f4").to_numpy(float)
    x = np.column_stack([d.age, d.age2, d.age3, d.age4, sc, one])
    level = Level.single("id", codes(d.id), np.column_stack([d.age, d.age2, one]), "unstructured")
    return Problem(d.height.to_numpy(float), x, [level])


def zero_variance() -> Problem:
    d = example("longitudinal.dta")
    one = np.ones(len(d))
    level = Level.single("id", codes(d.id), one[:, None], "identity")
    return Problem(d.y.to_numpy(float), np.column_stack([d.x, d.w == 1, one]), [level])


def country_null() -> Problem:
    d = example("simulated_multilevel_data.dta")
    one = np.ones((len(d), 1))
    return Problem(
        d.outcome.to_numpy(float), one, [Level.single("country", codes(d.country), one, "identity")]
    )


def pefr(reml: bool) -> Problem:
    d = example("pefr.dta")
    y = np.concatenate([d.wm1, d.wm2]).astype(float)
    one = np.ones((y.size, 1))
    return Problem(y, one, [Level.single("id", np.tile(codes(d.id), 2), one, "identity")], reml)


SMOKING_X = [
    *("smoke", "male", "mage", "hsgrad", "somecoll", "collgrad", "married", "black"),
    *("kessner2", "kessner3", "novisit", "pretri2", "pretri3"),
]


def smoking() -> Problem:
    d = example("smoking.dta")
    one = np.ones((len(d), 1))
    x = np.column_stack([d[SMOKING_X].to_numpy(float), one])
    return Problem(d.birwt.to_numpy(float), x, [Level.single("momid", codes(d.momid), one, "identity")], True)


def nlswork() -> Problem:
    d = example("nlswork.dta")
    names = ["ln_wage", "grade", "age", "race", "union", "south", "idcode"]
    d = d[names].dropna()
    one = np.ones((len(d), 1))
    x = np.column_stack([d.grade, d.age, d.race == 2, d.race == 3, d.union, d.south, one]).astype(float)
    return Problem(d.ln_wage.to_numpy(float), x, [Level.single("idcode", codes(d.idcode), one, "identity")])
