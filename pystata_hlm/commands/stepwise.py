"""stepwise: stepwise estimation.   stepwise, {pr(#) pe(#)} [forward hierarchical lockterm1]: regress depvar term (term term) ...

pr() alone: backward selection; pe() alone: forward selection; both: backward stepwise, or forward stepwise with
``forward``; ``hierarchical``: terms leave from the last, or enter from the first, in their order. Terms are tested by
Wald tests on the sample of the model of all terms. Only regress.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pystata_hlm.commands._blocks import OneSample, take_apart
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


@dataclass
class Search:
    """``inside`` are the terms of the present model, in their order; ``locked`` the first when it has to stay."""

    models: OneSample
    ctx: Context
    pr: float | None
    pe: float | None
    hierarchical: bool
    locked: int
    inside: list[int] = field(default_factory=list)
    steps: int = 0

    @property
    def count(self) -> int:
        return len(self.models.terms.terms)

    def say(self, comparison: str, verb: str, term: int) -> None:
        mark = ", " if self.ctx.settings.new_headings else "  "
        self.ctx.say(f"p = {comparison}{mark}{verb} {self.models.terms.terms[term]}")
        self.steps += 1

    def remove(self) -> bool:
        """Take out the least significant term (the last, when hierarchical) if its p is pr or more."""
        if self.pr is None:
            return False
        self.models.fit(self.inside)
        free = [k for k in self.inside if k >= self.locked]
        if self.hierarchical:
            free = free[-1:]
        tested = [(self.models.p_value(k), k) for k in free]
        if not tested:
            return False
        p, worst = max(((1.0 if math.isnan(p) else p), k) for p, k in tested)
        if p < self.pr:
            return False
        self.say(f"{p:.4f} >= {self.pr:.4f}", "removing", worst)
        self.inside.remove(worst)
        return True

    def add(self) -> bool:
        """Take in the most significant term outside (the first, when hierarchical) if its p is below pe."""
        if self.pe is None:
            return False
        outside = [k for k in range(self.count) if k not in self.inside]
        if self.hierarchical:
            outside = outside[:1]
        tested = []
        for k in outside:
            self.models.fit(sorted([*self.inside, k]))
            p = self.models.p_value(k)
            if not math.isnan(p):
                tested.append((p, k))
        if not tested:
            return False
        p, best = min(tested)
        if p >= self.pe:
            return False
        self.say(f"{p:.4f} <  {self.pe:.4f}", "adding", best)
        self.inside = sorted([*self.inside, best])
        return True


@command(
    "stepwise",
    syntax="anything",
    prefix=True,
    allow=set(),
    aliases=(("sw", 2),),
    options=(
        Opt("pr", 0, "real"),
        Opt("pe", 0, "real"),
        Opt("forward", 4),
        Opt("hierarchical", 4),
        Opt("lockterm1", 4),
    ),
    unsupported=("lr",),
)
def run(call: Call, ctx: Context) -> None:
    if call.node.text:
        raise StataError.invalid_syntax()
    pr, pe = call.opt("pr"), call.opt("pe")
    if pr is None and pe is None:
        raise StataError(198, "must specify pr() or pe()")
    for name, value in (("pr", pr), ("pe", pe)):
        if value is not None and not 0 < value < 1:
            raise StataError(198, f"{name}() must be between 0 and 1")
    if pr is not None and pe is not None and pe >= pr:
        raise StataError(198, "pe() must be less than pr()")
    if call.has("forward") and pe is None:
        raise StataError(198, "option forward requires pe()")
    backward = pr is not None and not call.has("forward")
    terms = take_apart(call.prefix_command, "stepwise", ctx)
    locked = 1 if call.has("lockterm1") else 0
    with OneSample(terms, ctx) as models:
        search = Search(models, ctx, pr, pe, call.has("hierarchical"), locked)
        search.inside = list(range(search.count)) if backward else list(range(locked))
        what = "full" if backward else "term 1" if locked else "empty"
        new = ctx.settings.new_headings
        ctx.say(f"\nWald test, begin with {what} model:" if new else " " * 22 + f"begin with {what} model")
        first, second = (search.remove, search.add) if backward else (search.add, search.remove)
        if first() and first():
            if (pr if not backward else pe) is None:
                while first():
                    pass
            else:
                while second() | first():
                    pass
        if not search.steps:
            bound = f"p < {pr:.4f}" if backward else f"p >= {pe:.4f}"
            ctx.say(f"{bound} for all terms in model" if new else bound.ljust(22) + "for all terms in model")
        models.fit(search.inside, quiet=False)
