"""From a bound ``mixed`` line to the fit: levels, random designs, residual strata, and the names they get."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.design.collinear import independent
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import lmm
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.bind import EQUATION_OPTIONS, typed_options
from pystata_hlm.runtime.spec import Opt

if TYPE_CHECKING:
    from pystata_hlm.commands._estimation import Vce
    from pystata_hlm.runtime.context import Context

STRUCTURES = (("independent", 3), ("exchangeable", 2), ("identity", 2), ("unstructured", 2))
RESIDUALS = ("exchangeable", "ar", "ma", "unstructured", "banded", "toeplitz", "exponential")
ALL = "_all"


@dataclass(frozen=True)
class RandomPart:
    """One ``||`` equation: grouping variable, names of its effects (``_cons`` last), covariance structure."""

    level: str
    effects: tuple[str, ...]
    structure: str
    asked: str | None = None
    """The structure typed, when there was one."""


@dataclass(frozen=True)
class LevelPlan:
    """One level: its equations and the variables that define its groups (those of the levels above included)."""

    name: str
    keys: tuple[str, ...]
    parts: tuple[RandomPart, ...]

    @property
    def effects(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts for name in part.effects)


@dataclass(frozen=True)
class ResidualPlan:
    """``residuals(independent, by(var))``: ``by`` "" means one residual variance."""

    by: str = ""


def structure_of(text: str) -> str:
    for name, shortest in STRUCTURES:
        if len(text) >= shortest and name.startswith(text):
            return name
    raise StataError(
        198, f"covariance({text}) not allowed" if text else "option covariance() incorrectly specified"
    )


def plan_levels(equations: tuple[nodes.RandomEquation, ...], ctx: Context) -> tuple[LevelPlan, ...]:
    """Levels from the top down; equations that repeat a level's variable join it."""
    levels: list[LevelPlan] = []
    for equation in equations:
        part = random_part(equation, ctx)
        if levels and levels[-1].name == part.level:
            last = levels[-1]
            for name in part.effects:
                if name in last.effects:
                    raise StataError(198, f"random effect {name} specified twice at level {part.level}")
            levels[-1] = LevelPlan(last.name, last.keys, (*last.parts, part))
            continue
        if any(level.name == part.level for level in levels):
            raise StataError(198, f"level {part.level} specified more than once")
        if part.level == ALL and levels:
            raise StataError(198, "_all must be the first level")
        above = levels[-1].keys if levels else ()
        keys = above if part.level == ALL else (*above, part.level)
        levels.append(LevelPlan(part.level, keys, (part,)))
    return tuple(levels)


def random_part(equation: nodes.RandomEquation, ctx: Context) -> RandomPart:
    if equation.crossed is not None:
        raise StataError(198, "R.varname (crossed effects) not yet supported")
    options = typed_options(equation.options, EQUATION_OPTIONS, (), ctx)
    for lacking in ("fweight", "pweight", "collinear"):
        if lacking in options:
            raise StataError.option_not_supported(lacking if lacking == "collinear" else f"{lacking}()")
    level = equation.level
    if level != ALL:
        level = ctx.data.find(level, ctx.settings.varabbrev)
    try:
        names = list(dict.fromkeys(expand_varlist(ctx.data, equation.varlist, ctx.settings.varabbrev)))
    except StataError as error:
        if error.rc == 101:
            raise StataError(198, "factor variables in the random-effects part not yet supported") from None
        raise
    for name in names:
        if ctx.data.column(name).is_string:
            raise StataError.type_mismatch()
    effects = (*names, *(() if "noconstant" in options else ("_cons",)))
    if not effects:
        raise StataError(198, f"no random effects in equation {level}")
    asked = structure_of(options["covariance"]) if "covariance" in options else None
    structure = asked or "independent"
    if len(effects) == 1:
        structure = "identity"
    return RandomPart(level, effects, structure, asked)


def residual_plan(text: str | None, ctx: Context) -> ResidualPlan:
    """The ``residuals()`` option: independent with an optional ``by()``."""
    if text is None:
        return ResidualPlan()
    node = parse("anything", text)
    word = node.text.split()[0] if node.text.split() else ""
    options = typed_options(node.clauses.options, (Opt("by", 2, "varname"), Opt("t", 1, "varname")), (), ctx)
    if len(word) >= 3 and "independent".startswith(word):
        if "t" in options:
            raise StataError(198, "option t() not allowed with residuals(independent)")
        return ResidualPlan(options.get("by", ""))
    if any(len(word) >= 2 and name.startswith(word) for name in RESIDUALS):
        raise StataError(198, f"residuals({word}) not yet supported")
    raise StataError(198, f"residuals({text}) not allowed")


# ---------------------------------------------------------------- the fitted model's names


@dataclass(frozen=True)
class Model:
    """What was fitted, with the names that the output needs (kept in ``Estimation.extra['model']``)."""

    levels: tuple[LevelPlan, ...]
    residual: ResidualPlan
    reml: bool
    vce: Vce
    n_clusters: int | None
    keys: tuple[GroupKeys, ...]
    robust: lmm.RobustVcov | None
    strata: tuple[str, ...] = ()
    """Texts of the residual strata, ascending (value label or number)."""
    legacy: bool = False
    """Fitted by ``xtmixed``: standard deviations by default, the heading and log of its time."""


# ---------------------------------------------------------------- arrays


def effect_columns(data: Any, effects: tuple[str, ...], rows: np.ndarray) -> np.ndarray:
    """(n, q) random-effects design of the rows."""
    n = int(rows.sum())
    z = np.empty((n, len(effects)))
    for k, name in enumerate(effects):
        z[:, k] = 1.0 if name == "_cons" else data.values(name)[rows]
    return z


def group_codes(data: Any, level: LevelPlan, rows: np.ndarray) -> np.ndarray:
    """Codes of the level's own variable on the rows (the engine nests them)."""
    if level.name == ALL:
        return np.zeros(int(rows.sum()), dtype=np.intp)
    codes: np.ndarray = data.groups([level.name], rows).codes
    return codes[rows]


def drop_collinear(part: RandomPart, ctx: Context, rows: np.ndarray) -> RandomPart:
    """Leave out random effects that are collinear within their equation, with Stata's note."""
    slopes = [name for name in part.effects if name != "_cons"]
    if not slopes:
        return part
    constant = "_cons" in part.effects
    good = independent(effect_columns(ctx.data, tuple(slopes), rows), constant)
    for name, keep in zip(slopes, good, strict=True):
        if not keep:
            ctx.emit(Text(f"note: {name} omitted from {part.level} equation because of collinearity"))
    kept = tuple(name for name, keep in zip(slopes, good, strict=True) if keep)
    effects = (*kept, *(("_cons",) if constant else ()))
    structure = "identity" if len(effects) == 1 else part.structure
    return RandomPart(part.level, effects, structure, part.asked)


def engine_levels(plans: tuple[LevelPlan, ...], data: Any, rows: np.ndarray) -> tuple[lmm.Level, ...]:
    return tuple(
        lmm.Level(
            plan.name,
            group_codes(data, plan, rows),
            tuple(
                lmm.Equation(effect_columns(data, part.effects, rows), part.structure)  # type: ignore[arg-type]
                for part in plan.parts
            ),
        )
        for plan in plans
    )


# ---------------------------------------------------------------- matching groups later


@dataclass(frozen=True)
class GroupKeys:
    """What identifies the groups of one level: storage values of its key variables, one entry a group."""

    names: tuple[str, ...]
    values: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, plan: LevelPlan, data: Any, rows: np.ndarray, group_row: np.ndarray) -> GroupKeys:
        at = np.flatnonzero(rows)[group_row]
        return cls(plan.keys, tuple(data.column(name).data[at] for name in plan.keys))

    def locate(self, data: Any) -> np.ndarray:
        """Group index of every observation, -1 where its group was not in the estimation sample."""
        n = data.n
        if not self.names:
            return np.zeros(n, dtype=np.intp)
        groups = len(self.values[0])
        code = np.zeros(groups + n, dtype=np.int64)
        for name, known in zip(self.names, self.values, strict=True):
            stored = data.column(name).data
            if stored.dtype.kind == "O" or known.dtype.kind == "O":
                known, stored = known.astype("S"), stored.astype("S")
            both = np.concatenate([known, stored])
            _, inverse = np.unique(both, return_inverse=True)
            _, code = np.unique(code * (inverse.max() + 1) + inverse, return_inverse=True)
        index = np.full(int(code.max()) + 1, -1, dtype=np.intp)
        index[code[:groups]] = np.arange(groups)
        return index[code[groups:]]
