"""What a command declares: syntax, options, weights, by-ability. And what it receives: a ``Call``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.lang import nodes

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Groups
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.executor import Executor
    from pystata_hlm.runtime.results import Stored

WEIGHT_KINDS = ("fweight", "aweight", "pweight", "iweight")

TIME_SERIES = frozenset(["ci", "correlate", "list", "mean", "pwcorr", "sktest", "summarize", "tabstat"])
"""Commands whose plain varlist takes time-series operators (those with factor variables take them anyway)."""


@dataclass(frozen=True, slots=True)
class Opt:
    """One option. ``min`` is the shortest abbreviation; ``kind`` says how the argument is read:

    flag        no argument                       real/int    a number (expressions and macros already expanded)
    text        raw text                          string      text with one pair of outer quotes removed
    name        one name                          newvar      one new variable name
    varname     one existing variable             varlist     existing variables
    numlist     list of floats                    expr        an expression node
    flagortext  may stand alone (None) or take raw text
    off         ``noxyz``: a flag stored under its own name
    level       confidence level 10..99.99
    ``repeat`` collects every occurrence into a list.
    """

    name: str
    min: int = 0
    kind: str = "flag"
    default: Any = None
    repeat: bool = False


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A row of the command table.

    name, min   full name and shortest abbreviation (0: no abbreviation)
    klass       r, e, s or "" : which stored results the command replaces
    syntax      start rule for the text after the command word; ``raw`` leaves it alone
    varlist     none, optional, all (default _all), required, fv, fvall, raw: how ``Standard.varlist`` is resolved
    byable      "" (r(190)), loop (run once per group, sample narrowed), vector (``call.by`` holds the groups)
    allow       clauses beyond varlist: subset of {"if", "in", "using", "exp"}
    weights     allowed weight kinds, the first is the default for ``[weight=]``
    unsupported options that Stata has and we lack: named in the error
    """

    name: str
    run: Callable[[Call, Context], Stored | None]
    min: int = 0
    klass: str = ""
    syntax: str = "standard"
    varlist: str = "optional"
    min_vars: int = 0
    max_vars: int | None = None
    byable: str = ""
    allow: frozenset[str] = frozenset({"if", "in"})
    weights: tuple[str, ...] = ()
    options: tuple[Opt, ...] = ()
    unsupported: tuple[str, ...] = ()
    any_option: bool = False
    """Options are kept as raw nodes in ``call.node.clauses.options`` (graph commands read them themselves)."""
    estimation: bool = False
    replay_options: tuple[str, ...] = ()
    aliases: tuple[tuple[str, int], ...] = ()
    prefix: bool = False
    """Takes another command after a colon: ``bootstrap, reps(50): mixed ...``."""
    light: bool = False
    """Reads its own text, changes neither data nor stored results: runs without binding and without a way back."""
    prepare: Callable[[str], Callable[[Executor], None] | None] | None = None
    """For light commands in loops: from the text after the command word, its macros not expanded, to something that
    does the same as ``run`` with less ado; None when it takes ``run``."""
    block: bool = False
    """May be followed by a ``{ }`` block, which ``executor.block`` runs."""
    summary: str = ""
    syntax_line: str = ""

    @property
    def names(self) -> tuple[tuple[str, int], ...]:
        return ((self.name, self.min or len(self.name)), *self.aliases)


@dataclass(frozen=True, slots=True)
class Weights:
    """Evaluated weights: ``values`` has one float64 per observation (0 outside the sample)."""

    kind: str
    values: np.ndarray
    exp: str = ""


@dataclass(slots=True)
class Call:
    """One bound command: names resolved, options typed, the sample marked.

    sample   bool mask over the observations (if, in, weights missing or zero, by-group under byable="loop")
    text     the raw text after the command word; ``line`` the whole command as typed (for e(cmdline))
    """

    command: str
    text: str = ""
    line: str = ""
    node: Any = None
    varlist: tuple[str, ...] = ()
    terms: nodes.Varlist = ()
    exp: nodes.Expr | None = None
    sample: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    weight: Weights | None = None
    using: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    by: Groups | None = None
    by_names: tuple[str, ...] = ()
    restricted: bool = False
    """True when if, in or by narrowed the sample."""
    prefix_command: str = ""
    """For prefix commands: the command line after the colon."""
    replay: bool = False
    option_nodes: tuple[nodes.Option, ...] = ()

    def opt(self, name: str, default: Any = None) -> Any:
        """The value of an option, or ``default`` when it was not given."""
        return self.options.get(name, default)

    def has(self, name: str) -> bool:
        return name in self.options
