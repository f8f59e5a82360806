"""``at()``, ``atmeans`` and ``asbalanced`` of margins: at which values the covariates are held.

``at(x=# | x=(numlist) | x=generate(exp) | (stat) varlist ...)``; several values make the product of all lists, the
model's first covariate varying slowest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.commands._margins_design import Averages
from pystata_hlm.design.recipe import DesignRecipe, Held
from pystata_hlm.design.terms import parse_operator
from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.parser import parse
from pystata_hlm.lang.unparse import unparse
from pystata_hlm.numeric.quantiles import percentiles

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_STATISTICS = (
    ("asobserved", 4),
    ("asbalanced", 4),
    ("means", 4),
    ("mean", 4),
    ("median", 3),
    ("min", 3),
    ("max", 3),
    ("zero", 4),
    ("base", 4),
)


@dataclass(frozen=True)
class Setting:
    """How one covariate is held: its value in each over() group, and what the legend says (``mean``, ...)."""

    held: tuple[Held | None, ...]
    note: str = ""

    @property
    def fixed(self) -> bool:
        """Held at one value for all observations of a group."""
        return all(h is not None and not isinstance(h, np.ndarray) for h in self.held)


@dataclass(frozen=True)
class AtRow:
    """One row of r(at): settings by covariate, in the model's order; ``option`` numbers the at() option."""

    settings: Mapping[str, Setting] = field(default_factory=dict)
    option: int = 1

    def held(self, group: int) -> dict[str, Held]:
        return {name: s.held[group] for name, s in self.settings.items() if s.held[group] is not None}  # type: ignore[misc]


def not_a_covariate(name: str) -> StataError:
    return StataError(322, f"{name} not found in list of covariates")


def covariate(name: str, recipe: DesignRecipe, ctx: Context) -> str:
    """A covariate by its name or abbreviation; r(322) when it is not in the model."""
    if name in recipe.variables:
        return name
    try:
        found = ctx.data.find(name, ctx.settings.varabbrev)
    except StataError:
        raise not_a_covariate(name) from None
    if found not in recipe.variables:
        raise not_a_covariate(found)
    return found


class AtReader:
    """Reads at() options against a model and a sample."""

    def __init__(self, recipe: DesignRecipe, averages: Averages, ctx: Context) -> None:
        self.recipe = recipe
        self.averages = averages
        self.ctx = ctx
        self.groups = averages.sample.n_groups

    def rows(self, texts: Sequence[str], atmeans: bool, asbalanced: bool) -> tuple[AtRow, ...]:
        """The rows of all at() options; one empty row when nothing is held."""
        out: list[AtRow] = []
        for number, text in enumerate(texts or ("",), start=1):
            choices: dict[str, list[Setting]] = {}
            if asbalanced:
                for name in self.recipe.factors:
                    choices[name] = [self.statistic(name, "asbalanced")]
            if atmeans:
                for name in self.recipe.variables:
                    choices.setdefault(name, [self.statistic(name, "mean")])
            choices.update(self.choices(text) if text.strip() else {})
            names = [name for name in self.recipe.variables if name in choices]
            out += [
                AtRow(dict(zip(names, values, strict=True)), number)
                for values in product(*(choices[name] for name in names))
            ]
        return tuple(out)

    # ------------------------------------------------------------ one at() option
    def choices(self, text: str) -> dict[str, list[Setting]]:
        spec: nodes.AtSpec = parse("atspec", text)
        for option in spec.options:
            raise StataError.option_not_allowed(option.name)
        out: dict[str, list[Setting]] = {}
        shares: dict[str, dict[int, float]] = {}
        for item in spec.items:
            for name, level in self.names(item.term, item.statistic):
                if level is not None:
                    shares.setdefault(name, {})[level] = self.share(item)
                elif item.statistic is not None:
                    out[name] = [self.statistic(name, item.statistic)]
                elif item.exp is not None:
                    out[name] = [self.generated(name, item.exp)]
                elif item.values is not None:
                    out[name] = [self.value(name, v) for v in item.values]
                else:
                    raise StataError(198, "option at() incorrectly specified")
        for name, found in shares.items():
            if abs(sum(found.values()) - 1) > 1e-5:
                raise StataError(198, f"invalid at() option;\nfactor {name} values do not sum to 1")
            out[name] = [self.same(dict(sorted(found.items())))]
        return out

    def names(self, term: nodes.VarTerm, statistic: str | None) -> Iterator[tuple[str, int | None]]:
        """Covariates that an item names, with the level for ``1.x=#``."""
        variables, factors = self.recipe.variables, self.recipe.factors
        if isinstance(term, nodes.FactorOp) and isinstance(term.target, nodes.NamePattern):
            name = covariate(term.target.text, self.recipe, self.ctx)
            operator = parse_operator(term.operator)
            if operator.kind == "i" and name not in factors:
                raise StataError(322, f"factor {name} not found in list of covariates")
            if operator.levels is None:
                yield name, None
                return
            if len(operator.levels) != 1 or operator.levels[0] not in factors[name].levels:
                raise StataError(198, "invalid at() option")
            yield name, operator.levels[0]
            return
        if not isinstance(term, (nodes.NamePattern, nodes.NameRange)):
            raise StataError(198, "invalid at() option")
        text = term.text if isinstance(term, nodes.NamePattern) else f"{term.first}-{term.last}"
        if text in ("_all", "*"):
            skip = statistic is not None and not self.word(statistic).startswith(("as", "mean", "base"))
            found = [v for v in variables if not (skip and v in factors)]
        elif len(text) > 1 and "_factor".startswith(text):
            found = list(factors)
        elif len(text) > 1 and "_continuous".startswith(text):
            found = [v for v in variables if v not in factors]
        elif re.search(r"[*?~-]", text):
            found = [
                v for v in self.ctx.data.unabbreviate(text, self.ctx.settings.varabbrev) if v in variables
            ]
            if not found:
                raise not_a_covariate(text)
        else:
            found = [covariate(text, self.recipe, self.ctx)]
        for name in found:
            yield name, None

    # ------------------------------------------------------------ settings
    def same(self, held: Held | None, note: str = "") -> Setting:
        return Setting((held,) * self.groups, note)

    def value(self, name: str, value: float) -> Setting:
        if np.isnan(value):
            raise StataError(198, "invalid at() option;\nmissing values not allowed")
        if name in self.recipe.factors:
            self.level(name, value)
        return self.same(float(value))

    def level(self, name: str, value: float) -> int:
        if value not in self.recipe.factors[name].levels:
            raise StataError(
                198, f"invalid at() option;\nlevel {value:g} of factor {name} not found in the model"
            )
        return int(value)

    def share(self, item: nodes.AtItem) -> float:
        if item.values is None or len(item.values) != 1:
            raise StataError(198, "invalid at() option")
        return float(item.values[0])

    def generated(self, name: str, exp: nodes.Expr) -> Setting:
        value = self.ctx.evaluate(exp)
        values = np.broadcast_to(np.asarray(value.floats(), dtype=float), self.ctx.data.n)
        held = np.array(values[self.averages.sample.rows])
        if np.isnan(held).any():
            raise StataError(459, f"generate() expression for {name} evaluates to missing")
        return self.same(held, f"={unparse(exp)}")

    def statistic(self, name: str, text: str) -> Setting:
        overall, word = text.startswith("o"), self.word(text)
        factor = self.recipe.factors.get(name)
        if word == "asobserved":
            return self.same(None, "asobserved")
        if factor is not None:
            if word == "mean":
                return self._by_group(lambda g: self._shares(name, g, overall), text)
            if word == "base":
                base = factor.base if factor.base is not None else factor.levels[0]
                return self.same(float(base), "base")
            if word == "asbalanced":
                return self.same({level: 1 / len(factor.levels) for level in factor.levels}, "asbalanced")
            raise StataError(198, f"invalid at() option;\nstatistic {text} not allowed with factor variables")
        if word in ("base", "asbalanced"):
            raise StataError(
                198, f"invalid at() option;\nstatistic {text} not allowed with continuous variables"
            )
        if word == "zero":
            return self.same(0.0, "zero")
        return self._by_group(lambda g: self._location(name, word, None if overall else g), text)

    def _by_group(self, compute: Callable[[int], Held], note: str) -> Setting:
        note = "mean" if note == "means" else note
        return Setting(tuple(compute(g) for g in range(self.groups)), note)

    def word(self, text: str) -> str:
        """A statistic's full name; a leading o (over all groups) does not count."""
        text = text if any(full.startswith(text) for full, _ in _STATISTICS) else text.removeprefix("o")
        for full, shortest in _STATISTICS:
            if len(text) >= shortest and full.startswith(text):
                return "mean" if full == "means" else full
        if re.fullmatch(r"p\d{1,2}", text) and 1 <= int(text[1:]) <= 99:
            return text
        raise StataError(198, f"invalid at() option;\nstatistic {text} not allowed")

    def _shares(self, name: str, group: int, overall: bool) -> dict[int, float]:
        levels = self.recipe.factors[name].levels
        if overall:
            weights = self._weights()
            stored = self.ctx.data.column(name).take(self.averages.sample.rows).data
            return {level: float(weights[stored == level].sum() / weights.sum()) for level in levels}
        return {level: float(self.averages.mean([(name, level)])[group]) for level in levels}

    def _weights(self) -> np.ndarray:
        sample = self.averages.sample
        return np.ones(len(sample.rows)) if sample.weights is None else sample.weights

    def _location(self, name: str, word: str, group: int | None) -> float:
        inside = self.averages.sample.inside(group)
        x = self.ctx.data.column(name).take(self.averages.sample.rows).values()[inside]
        weights = self._weights()[inside]
        if word == "mean":
            return float(weights @ x / weights.sum())
        if word in ("min", "max"):
            return float(x.min() if word == "min" else x.max())
        at = 50.0 if word == "median" else float(word[1:])
        return float(percentiles(x, at, None if self.averages.sample.weights is None else weights)[0])
