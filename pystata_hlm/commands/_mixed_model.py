"""From a bound ``mixed`` line to the fit: levels, random designs, residual strata, and the names they get."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.design.collinear import independent
from pystata_hlm.design.matrix import build
from pystata_hlm.design.recipe import DesignRecipe
from pystata_hlm.design.terms import TermList, expand_terms
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.numeric import lmm
from pystata_hlm.output.items import Text
from pystata_hlm.runtime.bind import EQUATION_OPTIONS, typed_options

if TYPE_CHECKING:
    from pystata_hlm.commands._estimation import Vce
    from pystata_hlm.commands._mixed_layout import GroupInfo
    from pystata_hlm.commands._mixed_residuals import ResidualPlan
    from pystata_hlm.commands._mixed_weights import RowWeighting
    from pystata_hlm.runtime.context import Context

STRUCTURES = (("independent", 3), ("exchangeable", 2), ("identity", 2), ("unstructured", 2))
ALL = "_all"


@dataclass(frozen=True)
class RandomPart:
    """One ``||`` equation: grouping variable, names of its effects (``_cons`` last), covariance structure.

    Without effects (``noconstant`` and no variables) it only names the groups, for correlated residuals.

    asked      the structure typed, when there was one
    factor     variable of ``R.varname``: one effect for each of its values, named ``R.varname``
    terms      factor-variable terms before the sample is known; ``recipe`` their columns afterwards
    collinear  option collinear: nothing is left out
    weight     ("fweight" or "pweight", expression) of the level's groups
    """

    level: str
    effects: tuple[str, ...]
    structure: str
    asked: str | None = None
    factor: str = ""
    terms: TermList | None = None
    recipe: DesignRecipe | None = None
    collinear: bool = False
    weight: tuple[str, Any] | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """Variables whose missing values leave a row out of the sample."""
        if self.factor:
            return (self.factor,)
        return self.terms.names if self.terms is not None else tuple(e for e in self.effects if e != "_cons")

    @property
    def constant(self) -> bool:
        return "_cons" in self.effects


@dataclass(frozen=True)
class LevelPlan:
    """One level: its equations and the variables that define its groups (those of the levels above included)."""

    name: str
    keys: tuple[str, ...]
    parts: tuple[RandomPart, ...]

    @property
    def effects(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts for name in part.effects)

    @property
    def empty(self) -> bool:
        """No random effects at all."""
        return not any(part.effects or part.terms for part in self.parts)


def without_empty(levels: tuple[LevelPlan, ...]) -> tuple[LevelPlan, ...]:
    """Equations without effects count only where their level has no other."""
    return tuple(
        replace(plan, parts=tuple(p for p in plan.parts if p.effects or p.terms) or plan.parts[:1])
        for plan in levels
    )


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
            if part.weight is not None:
                raise StataError(198, f"weights of level {part.level} belong to its first equation")
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
    options = typed_options(equation.options, EQUATION_OPTIONS, (), ctx)
    level = equation.level
    if level != ALL:
        level = ctx.data.find(level, ctx.settings.varabbrev)
    if "fweight" in options and "pweight" in options:
        raise StataError(198, "only one of fweight() and pweight() is allowed")
    weight = next(((kind, options[kind]) for kind in ("fweight", "pweight") if kind in options), None)
    asked = structure_of(options["covariance"]) if "covariance" in options else None
    constant = "noconstant" not in options
    if equation.crossed is not None:
        return _factor_part(equation.crossed, level, asked, weight, ctx)
    terms: TermList | None = None
    try:
        names = list(dict.fromkeys(expand_varlist(ctx.data, equation.varlist, ctx.settings.varabbrev)))
    except StataError as error:
        if error.rc != 101:
            raise
        terms = expand_terms(ctx.data, equation.varlist, ctx.settings.varabbrev)
        names = list(terms.names)
    for name in names:
        if ctx.data.column(name).is_string:
            raise StataError.type_mismatch()
    effects = (*(names if terms is None else ()), *(("_cons",) if constant else ()))
    structure = asked or "independent"
    if len(effects) == 1 and terms is None:
        structure = "identity"
    return RandomPart(
        level, effects, structure, asked, terms=terms, collinear="collinear" in options, weight=weight
    )


def _factor_part(
    name: str, level: str, asked: str | None, weight: tuple[str, Any] | None, ctx: Context
) -> RandomPart:
    """``level: R.varname``."""
    name = ctx.data.find(name, ctx.settings.varabbrev)
    if ctx.data.column(name).is_string:
        raise StataError.type_mismatch()
    if asked not in (None, "identity"):
        raise StataError(198, f"covariance({asked}) with R.{name} not yet supported")
    return RandomPart(level, (f"R.{name}",), "identity", asked, factor=name, weight=weight)


# ---------------------------------------------------------------- the fitted model's names


@dataclass(frozen=True)
class Model:
    """What was fitted, with the names that the output needs (kept in ``Estimation.extra['model']``)."""

    levels: tuple[LevelPlan, ...]
    residual: ResidualPlan
    reml: bool
    vce: Vce
    n_clusters: int | None
    terms: tuple[EffectTerm, ...]
    robust: lmm.RobustVcov | None
    strata: tuple[str, ...] = ()
    """Texts of the residual strata, ascending (value label or number)."""
    legacy: bool = False
    """Fitted by ``xtmixed``: standard deviations by default, the heading and log of its time."""
    n: int = 0
    """Observations, counted with frequency weights."""
    groups: tuple[GroupInfo, ...] = ()
    """The levels' groups and their sizes, counted with frequency weights."""
    weights: dict[str, str] = field(default_factory=dict)
    """e() macros of the weights."""
    partitioned: bool = False
    """Fitted from Parquet partitions: the rows are not in memory."""


# ---------------------------------------------------------------- arrays


def effect_columns(data: Any, part: RandomPart, rows: np.ndarray) -> np.ndarray:
    """(n, q) random-effects design of one equation on the rows; a column of ones for ``R.varname``."""
    n = int(rows.sum())
    if part.recipe is not None:
        z = part.recipe.evaluate(data, rows)
        return np.column_stack([z, np.ones(n)]) if part.constant else z
    z = np.empty((n, len(part.effects)))
    for k, name in enumerate(part.effects):
        z[:, k] = 1.0 if name == "_cons" or part.factor else data.values(name)[rows]
    return z


def group_codes(data: Any, level: LevelPlan, rows: np.ndarray) -> np.ndarray:
    """Codes of the level's own variable on the rows (the engine nests them)."""
    if level.name == ALL:
        return np.zeros(int(rows.sum()), dtype=np.intp)
    codes: np.ndarray = data.groups([level.name], rows).codes
    return codes[rows]


def settle(part: RandomPart, ctx: Context, rows: np.ndarray) -> RandomPart:
    """The equation on its sample: factor variables become columns, and random effects that are collinear within
    the equation are left out, with Stata's note."""
    if part.factor:
        return part
    if part.terms is not None:
        return _settle_factors(part, part.terms, ctx, rows)
    slopes = [name for name in part.effects if name != "_cons"]
    if not slopes or part.collinear:
        return part
    slopes_part = replace(part, effects=tuple(slopes))
    good = independent(effect_columns(ctx.data, slopes_part, rows), part.constant)
    for name, keep in zip(slopes, good, strict=True):
        if not keep:
            ctx.emit(Text(f"note: {name} omitted from {part.level} equation because of collinearity"))
    kept = tuple(name for name, keep in zip(slopes, good, strict=True) if keep)
    return _with_effects(part, kept)


def _settle_factors(part: RandomPart, terms: TermList, ctx: Context, rows: np.ndarray) -> RandomPart:
    found = build(ctx.data, terms, rows, part.constant)
    for note in found.notes:
        reason = "identifies no observations in the sample"
        if note.kind != "empty":
            reason = f"omitted from {part.level} equation because of collinearity"
        ctx.emit(Text(f"note: {note.name} {reason}"))
    columns = tuple(c for c in found.recipe.columns if c.name != "_cons")
    recipe = replace(found.recipe, columns=columns, constant=False)
    return _with_effects(replace(part, recipe=recipe), tuple(c.name for c in columns if c.status == ""))


def _with_effects(part: RandomPart, slopes: tuple[str, ...]) -> RandomPart:
    effects = (*slopes, *(("_cons",) if part.constant else ()))
    structure = "identity" if len(effects) == 1 else part.structure
    return replace(part, effects=effects, structure=structure)


def engine_levels(
    plans: tuple[LevelPlan, ...], data: Any, rows: np.ndarray, weights: RowWeighting
) -> tuple[lmm.Level, ...]:
    return tuple(
        lmm.Level(
            plan.name,
            group_codes(data, plan, rows),
            tuple(
                lmm.Equation(
                    effect_columns(data, part, rows),
                    part.structure,  # type: ignore[arg-type]
                    data.groups([part.factor], rows).codes[rows] if part.factor else None,
                )
                for part in plan.parts
                if part.effects
            ),
            own,
        )
        for plan, own in zip(plans, weights.levels, strict=True)
    )


# ---------------------------------------------------------------- matching groups later


@dataclass(frozen=True)
class GroupKeys:
    """What identifies the groups of one level: storage values of its key variables, one entry a group."""

    names: tuple[str, ...]
    values: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, names: tuple[str, ...], data: Any, rows: np.ndarray, group_row: np.ndarray) -> GroupKeys:
        at = np.flatnonzero(rows)[group_row]
        return cls(names, tuple(data.column(name).data[at] for name in names))

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


@dataclass(frozen=True)
class EffectTerm:
    """Equations of one level that share their groups: where they are, and how to find a group again."""

    depth: int
    parts: tuple[RandomPart, ...]
    keys: GroupKeys

    @property
    def effects(self) -> tuple[str, ...]:
        return tuple(name for part in self.parts for name in part.effects)

    @property
    def empty(self) -> bool:
        """No random effects at all."""
        return not any(part.effects or part.terms for part in self.parts)

    def columns(self, data: Any) -> np.ndarray:
        """(N, q) design of all observations, missing values included."""
        rows = np.ones(data.n, dtype=bool)
        return np.concatenate([effect_columns(data, part, rows) for part in self.parts], axis=1)


def effect_terms(
    plans: tuple[LevelPlan, ...], fitted: lmm.LmmFit, data: Any, rows: np.ndarray
) -> tuple[EffectTerm, ...]:
    """The terms of the fit with their names and group keys."""
    out = []
    for term in fitted.terms:
        plan = plans[term.level]
        parts = tuple(plan.parts[k] for k in term.equations)
        names = (*plan.keys, *(part.factor for part in parts if part.factor))
        out.append(EffectTerm(term.level, parts, GroupKeys.of(names, data, rows, term.group_row)))
    return tuple(out)
