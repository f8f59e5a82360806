"""Shared by nestreg and stepwise: ``command depvar term (term term) ... [if] [in] [weight] [, options]`` taken apart,
and models of some of its terms on the sample of the model of all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pystata_hlm.data.column import Column
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.registry import lookup
from pystata_hlm.runtime.workspace import E_SAMPLE

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

_TERM = re.compile(r"\(([^()]*)\)|(\S+)")


@dataclass(frozen=True)
class Terms:
    """``head`` is command and dependent variable, ``terms`` lists of variables as text, ``tail`` the rest."""

    command: str
    depvar: str
    terms: tuple[str, ...]
    tail: str

    def line(self, chosen: list[int]) -> str:
        words = " ".join(self.terms[k] for k in chosen)
        return f"{self.command} {self.depvar} {words}{self.tail}"


def take_apart(inner: str, prefix: str, ctx: Context) -> Terms:
    """Errors: r(198) no terms, r(199) for commands that the prefix does not know."""
    word, _, rest = inner.strip().partition(" ")
    command = lookup(word).name
    if command != "regress":
        raise StataError(199, f"{prefix}: {command} not yet supported")
    depth, end = 0, len(rest)
    for k, letter in enumerate(rest):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and (letter in ",[" or re.match(r"\s(?:if|in)\b", rest[k:])):
            end = k
            break
    words, tail = rest[:end], rest[end:]
    found = [(m[1] if m[1] is not None else m[2]).strip() for m in _TERM.finditer(words)]
    if not found:
        raise StataError.varlist_required()
    depvar = expand_varlist(ctx.data, parse("varlist", found[0]), varabbrev=ctx.settings.varabbrev)
    terms: list[str] = []
    for match in list(_TERM.finditer(words))[1:]:
        if match[1] is not None:
            terms.append(" ".join(names(match[1], ctx)))
        else:
            terms += names(match[2], ctx)
    if len(depvar) != 1 or not terms:
        raise StataError(102, "too few variables specified")
    return Terms(command, depvar[0], tuple(terms), tail)


def names(text: str, ctx: Context) -> list[str]:
    """Variables by their full names; factor-variable terms as typed."""
    out: list[str] = []
    for word in text.split():
        if re.search(r"[.#]", word):
            out.append(word)
        else:
            out += expand_varlist(ctx.data, parse("varlist", word), varabbrev=ctx.settings.varabbrev)
    return out


class OneSample:
    """While active, models run on the observations of the model of all terms: elsewhere depvar is missing."""

    def __init__(self, terms: Terms, ctx: Context) -> None:
        self.terms, self.ctx, self.full = terms, ctx, ctx.data
        self.column = ctx.data.column(terms.depvar)

    def __enter__(self) -> OneSample:
        ctx = self.ctx
        ctx.data = self.full.copy()
        try:
            ctx.execute(self.terms.line(list(range(len(self.terms.terms)))), quiet=True)
            sample = ctx.workspace.e_sample()
        except StataError:
            ctx.data = self.full
            raise
        data = self.full.copy()
        values = np.where(sample, self.column.values(), np.nan)
        data.set_column(
            self.terms.depvar, Column.numeric(values, None, self.column.stype, label=self.column.label)
        )
        ctx.data = data
        return self

    def fit(self, chosen: list[int], quiet: bool = True) -> None:
        self.ctx.execute(self.terms.line(chosen), quiet=quiet)

    def p_value(self, term: int) -> float:
        """Wald test of a term in the last model; missing when it is not estimated."""
        try:
            self.ctx.execute(f"testparm {self.terms.terms[term]}", quiet=True)
        except StataError:
            return float("nan")
        return self.ctx.workspace.r.scalars["p"]

    def __exit__(self, *_: object) -> None:
        sample = self.ctx.data.hidden.get(E_SAMPLE)
        data = self.full.copy()
        if sample is not None:
            data.hidden[E_SAMPLE] = sample
        self.ctx.data = data
