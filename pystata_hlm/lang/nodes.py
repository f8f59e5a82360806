"""The abstract syntax tree: what a parsed command line is, names still unresolved.

Every node is a frozen dataclass, so parsed lines can be cached and shared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

# ---------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Number:
    """A numeric literal. ``code`` 0..26 tells ``.`` to ``.z`` apart when ``value`` is NaN."""

    value: float
    code: int = 0


@dataclass(frozen=True, slots=True)
class String:
    value: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """``"Foreign":origin``: the number that a value label gives this text."""

    text: String
    label: str


@dataclass(frozen=True, slots=True)
class Name:
    """A variable, scalar or system name (``_n``, ``_N``, ``_pi``, ``_rc``, ``_cons``); may be abbreviated."""

    name: str


@dataclass(frozen=True, slots=True)
class Operated:
    """A variable with an operator inside an expression: ``3.rep78``, ``L.x``, ``L2D.x``."""

    operator: str
    name: str


@dataclass(frozen=True, slots=True)
class Subscript:
    """Explicit subscript ``name[index]``; with two indices a matrix element."""

    name: str
    index: Expr
    column: Expr | None = None


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class StoredResult:
    """``r(name)``, ``e(name)``, ``s(name)``, ``c(name)``; with indices an element of a stored matrix."""

    klass: str
    name: str
    row: Expr | None = None
    column: Expr | None = None


@dataclass(frozen=True, slots=True)
class Coefficient:
    """``_b[term]``, ``_se[eq:term]``, ``[eq]_b[term]``, ``[eq]term``. ``kind`` is ``_b`` or ``_se``.

    ``_b[/sigma_u]`` has equation ``/`` and term ``sigma_u``, as in e(b)'s ``/:sigma_u``; else absent = "".
    """

    kind: str
    equation: str
    term: str


@dataclass(frozen=True, slots=True)
class Unary:
    """``op`` is ``-``, ``+`` or ``!``."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary:
    """``op`` is one of ``+ - * / ^ == != < <= > >= & |`` (``~=`` arrives as ``!=``)."""

    op: str
    left: Expr
    right: Expr


Expr: TypeAlias = (
    Number
    | String
    | Name
    | Operated
    | Subscript
    | Function
    | StoredResult
    | Coefficient
    | Unary
    | Binary
    | Labelled
)

# ---------------------------------------------------------------- varlists


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A name, an abbreviation, or a pattern with ``*``, ``?``, ``~``; also ``_all``."""

    text: str


@dataclass(frozen=True, slots=True)
class NameRange:
    """``first-last``: variables in dataset order."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class FactorOp:
    """``i.x``, ``ib3.x``, ``c.x``, ``2.x``, ``i(1/3).x``, ``o.x``, ``L.x``; operator text without the dot."""

    operator: str
    target: VarTerm


@dataclass(frozen=True, slots=True)
class Group:
    """``(a b)`` inside a varlist, as in ``i.(a b)##c.x``."""

    terms: tuple[VarTerm, ...]


@dataclass(frozen=True, slots=True)
class Interaction:
    """``left # right`` (``full=False``) or ``left ## right`` (``full=True``), left-associative."""

    left: VarTerm
    right: VarTerm
    full: bool


@dataclass(frozen=True, slots=True)
class Nested:
    """``left@right``: a contrast or margin of the left within each level of the right."""

    left: VarTerm
    right: VarTerm


@dataclass(frozen=True, slots=True)
class Instrumented:
    """``(y2 = z1 z2)``: endogenous variables and their instruments."""

    terms: tuple[VarTerm, ...]
    instruments: tuple[VarTerm, ...]


VarTerm: TypeAlias = NamePattern | NameRange | FactorOp | Group | Interaction | Nested | Instrumented
Varlist: TypeAlias = tuple[VarTerm, ...]

# ---------------------------------------------------------------- pieces of a command line


@dataclass(frozen=True, slots=True)
class Weight:
    """``[kind=exp]``; ``kind`` is aweight, fweight, iweight, pweight or weight (unspecified)."""

    kind: str
    exp: Expr


@dataclass(frozen=True, slots=True)
class InRange:
    """``in first/last``; ``last`` None for a single observation; f and l arrive as Name('f'), Name('l')."""

    first: Expr
    last: Expr | None


@dataclass(frozen=True, slots=True)
class Option:
    """One option as typed: name, raw balanced argument text (None when there is no parenthesis)."""

    name: str
    argument: str | None = None
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Clauses:
    """The optional clauses that most commands share.

    ``using`` is the first file as typed without its quotes; ``files`` lists all (``append using a b``).
    """

    if_: Expr | None = None
    in_: InRange | None = None
    weight: Weight | None = None
    using: str | None = None
    options: tuple[Option, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standard:
    """``[varlist] [=exp] [if] [in] [weight] [using] [, options]``."""

    varlist: Varlist = ()
    exp: Expr | None = None
    clauses: Clauses = field(default_factory=Clauses)


@dataclass(frozen=True, slots=True)
class Anything:
    """``anything [=exp] [if] [in] [weight] [using] [, options]``: leading text kept raw (stripped)."""

    text: str = ""
    exp: Expr | None = None
    clauses: Clauses = field(default_factory=Clauses)


@dataclass(frozen=True, slots=True)
class Generate:
    """``[type] newvar[:lblname] = exp [if] [in] [, before() after()]``; also ``replace`` and ``scalar``."""

    stype: str | None
    name: str
    value_label: str | None
    exp: Expr
    clauses: Clauses = field(default_factory=Clauses)


@dataclass(frozen=True, slots=True)
class Egen:
    """``[type] newvar = fcn(arguments) [if] [in] [, options]``: arguments stay raw text."""

    stype: str | None
    name: str
    function: str
    argument: str
    clauses: Clauses = field(default_factory=Clauses)


@dataclass(frozen=True, slots=True)
class NewVars:
    """``[type] newvar ... | stub* | x1-x5 [if] [in] [, options]``: what ``predict`` and ``input`` take."""

    stype: str | None
    names: Varlist
    clauses: Clauses = field(default_factory=Clauses)


@dataclass(frozen=True, slots=True)
class By:
    """The text between ``by``/``bysort`` and the colon: ``varlist [(sort varlist)] [, sort rc0]``."""

    groups: Varlist
    sort: Varlist = ()
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class ExpItem:
    """One expression of an expression list; ``name=exp`` or plain, ``equation`` from ``(eq: ...)``.

    ``_b`` and ``_se`` alone arrive as ``Name``. ``text`` is the expression as Stata shows it.
    """

    exp: Expr
    name: str | None = None
    equation: str | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ExpList:
    """``exp_list [if] [in] [weight] [, options]``: what bootstrap, statsby have before the colon."""

    items: tuple[ExpItem, ...] = ()
    clauses: Clauses = field(default_factory=Clauses)


@dataclass(frozen=True, slots=True)
class AtItem:
    """One variable of ``at()``: ``x=#`` and ``x=(numlist)`` have ``values``, ``x=generate(exp)`` has ``exp``,
    ``(stat) x`` has ``statistic``."""

    term: VarTerm
    values: tuple[float, ...] | None = None
    exp: Expr | None = None
    statistic: str | None = None


@dataclass(frozen=True, slots=True)
class AtSpec:
    items: tuple[AtItem, ...]
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class RandomEquation:
    """One ``|| level: varlist, options`` part of ``mixed``. ``level`` is a variable name or ``_all``;
    ``crossed`` is the variable of ``R.varname``."""

    level: str
    varlist: Varlist = ()
    crossed: str | None = None
    options: tuple[Option, ...] = ()


@dataclass(frozen=True, slots=True)
class Mixed:
    """``depvar [varlist] [if] [in] [weight] [, fe options] [|| level: ...]... [, options]``.

    The grammar attaches trailing options to the last equation; ``bind`` moves model-level ones up.
    """

    varlist: Varlist
    clauses: Clauses
    equations: tuple[RandomEquation, ...] = ()


@dataclass(frozen=True, slots=True)
class Plot:
    """One plot of ``twoway``: ``plottype varlist [if] [in] [weight] [, options]``; the text after the plot
    type stays raw for the plot type's own parser."""

    plottype: str
    text: str


@dataclass(frozen=True, slots=True)
class Twoway:
    """``[twoway] (plot) (plot) ... [if] [in] [, options]`` or ``plot || plot || , options``."""

    plots: tuple[Plot, ...]
    clauses: Clauses = field(default_factory=Clauses)


@dataclass(frozen=True, slots=True)
class DisplayItem:
    """One directive of ``display``.

    kind is string (``text``), exp (``exp``, ``format``), comma, as or in (``text`` = style), skip, column,
    newline, dup, char (``exp`` = argument, None when absent), continue, asis, quote, request (``text``).
    """

    kind: str
    text: str = ""
    exp: Expr | None = None
    format: str | None = None


@dataclass(frozen=True, slots=True)
class Display:
    items: tuple[DisplayItem, ...]


# ---------------------------------------------------------------- source level


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a line came from: file name (or ``<stdin>``) and first physical line, 1-based."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """What follows the line that opens a block, up to and including the line that closes it.

    kind    ``{`` (loops, if/else, quietly ...), ``program``, or the data-like ``input``, ``mata``, ``python``
    lines   the body as logical lines, nested blocks inside (empty for input, mata and python)
    body    the body's physical lines as typed
    close   physical lines of the closing ``}`` or ``end``
    """

    kind: str
    lines: tuple[LogicalLine, ...]
    body: tuple[str, ...]
    close: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """One command line after comments, ``///`` and ``#delimit`` are dealt with; macros not yet expanded.

    ``text`` is stripped, and empty for a blank or comment line; an opening ``{`` at its end is taken off.
    ``raw`` holds the physical lines as typed, for the echo (``. first`` / ``> next``): see ``source.echo``.
    ``error`` (return code, message) is a structural mistake, to be raised when the line is reached.
    """

    text: str
    raw: tuple[str, ...]
    origin: Origin
    block: Block | None = None
    error: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Prefixes (word, raw text before the colon) from the outside in, then the command word and the rest."""

    prefixes: tuple[tuple[str, str], ...]
    word: str
    rest: str
