"""Text to nodes: ``parse(start, text)`` with a start rule of ``grammar/``.

Start rules and what they return:

====================  ============================================================================
expr                  an expression: ``Expr``
varlist               ``tuple[VarTerm, ...]``
standard              ``[varlist] [=exp] [if] [in] [weight] [using] [, options]``: ``Standard``
anything              leading raw text, then the clauses (``=`` stays in the text): ``Anything``
anything_exp          the same, but a single ``=`` starts an expression: ``Anything``
generate, egen        ``Generate``, ``Egen``
newvars               ``[type] newvar ...`` of predict: ``NewVars``
assertion             ``exp [if] [in] [, options]``: ``Standard`` with ``exp``
clauses               ``[if] [in] [weight] [using] [, options]``: ``Clauses``
options               options without the comma: ``tuple[Option, ...]``
explist               what bootstrap, simulate, statsby have before the colon: ``ExpList``
by                    what by has before the colon: ``By``
mixed, twoway         ``Mixed``, ``Twoway`` (twoway also reads a bare plot line, plot type included)
display               ``Display``
atspec                the inside of ``at()``: ``AtSpec``
====================  ============================================================================
"""

from __future__ import annotations

import os
import re
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pystata_hlm.errors import StataError
from pystata_hlm.lang.diagnose import diagnose

if TYPE_CHECKING:
    from lark import Lark

    from pystata_hlm.lang.builder import Builder

START_RULES = (
    "expr",
    "varlist",
    "standard",
    "anything",
    "anything_exp",
    "generate",
    "egen",
    "newvars",
    "assertion",
    "clauses",
    "options",
    "explist",
    "by",
    "mixed",
    "twoway",
    "display",
    "atspec",
)

FILES = ("stata", "tokens", "expr", "varlist", "options", "mixed", "twoway", "display", "margins")
CACHE_SIZE = 8192

MAX_DEPTH = 800
"""Levels of a tree, as Stata's limit of operators in an expression; beyond it r(130)."""

RECURSION_LIMIT = 5000
"""Trees are walked recursively, so MAX_DEPTH levels must fit (Python's default of 1000 frames is too low)."""


sys.setrecursionlimit(max(sys.getrecursionlimit(), RECURSION_LIMIT))


def grammar_dir() -> Path:
    """The folder of the .lark files, in a wheel or in a checkout."""
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "grammar", here.parents[2] / "grammar"):
        if (folder / "stata.lark").is_file():
            return folder
    raise RuntimeError("grammar files are missing from this installation")


def grammar_text() -> str:
    folder = grammar_dir()
    return "\n".join((folder / f"{name}.lark").read_text(encoding="utf-8") for name in FILES)


def cache_file() -> str | None:
    """Where the built tables are kept between runs (0.2 s to build, 0.02 s to load); None when nowhere."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    if not base or not os.path.isabs(base):
        return None
    folder = Path(base) / "pystata_hlm"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return None
    return str(folder / f"grammar-py{sys.version_info.major}{sys.version_info.minor}.lark-cache")


_COMPOUND_MARK = re.compile(r"`\"|\"'|\"")


def mask_compound(text: str) -> str:
    r"""Outermost compound strings `` `"..."' `` as \x01 \x02... \x03 of the same length.

    No regular expression can match their nesting, and equal length keeps every position.
    """
    if '`"' not in text:
        return text
    out: list[str] = []
    done, depth, start, plain = 0, 0, 0, False
    for mark in _COMPOUND_MARK.finditer(text):
        if mark[0] == '`"' and not plain:
            if depth == 0:
                start = mark.start()
            depth += 1
        elif depth:
            if mark[0] == "\"'":
                depth -= 1
                if depth == 0:
                    out += [text[done:start], "\x01", "\x02" * (mark.end() - start - 2), "\x03"]
                    done = mark.end()
        else:
            plain = not plain
    return "".join(out) + text[done:]


_lock = threading.Lock()


@lru_cache(maxsize=1)
def _engine() -> tuple[Lark, Builder]:
    from lark import Lark

    from pystata_hlm.lang.builder import Builder

    builder: Any = Builder()
    lark = Lark(
        grammar_text(),
        parser="lalr",
        lexer="contextual",
        start=list(START_RULES),
        maybe_placeholders=False,
        transformer=builder,
        cache=cache_file() or False,
    )
    return lark, builder


@lru_cache(maxsize=CACHE_SIZE)
def parse(start: str, text: str) -> Any:
    """The node that ``text`` means under a start rule; nodes are immutable and shared.

    Errors: StataError 198, 100, 101 (syntax), 132 (unbalanced quotes or parentheses), 121 (number list), 130
    (too long), with the position of the offending text in ``span``.
    """
    from lark.exceptions import UnexpectedInput

    if start not in START_RULES:
        raise ValueError(f"unknown start rule {start}")
    lark, builder = _engine()
    with _lock:
        builder.text = text
        masked = mask_compound(text)
        try:
            node = lark.parse(masked, start=start)
        except UnexpectedInput as error:
            found = diagnose(start, masked, _position(error, text))
            found.text = text
            raise found from None
    if len(text) > MAX_DEPTH and depth(node) > MAX_DEPTH:
        raise StataError(130, "expression too long")
    return node


def depth(node: Any) -> int:
    """Levels of a tree, found without recursion."""
    levels = 0
    layer = [node]
    while layer:
        levels += 1
        below: list[Any] = []
        for item in layer:
            if isinstance(item, tuple):
                below += item
            else:
                below += [getattr(item, name) for name in getattr(type(item), "__slots__", ())]
        layer = [item for item in below if isinstance(item, tuple) or hasattr(type(item), "__slots__")]
    return levels


@lru_cache(maxsize=CACHE_SIZE)
def split_condition(text: str) -> tuple[str, str]:
    """``exp command`` of a one-line ``if``: the condition ends where a second operand starts.

    The command is "" when the whole text is an expression. Errors: those of the condition.
    """
    try:
        parse("expr", text)
    except StataError as error:
        if error.span is None:
            raise
        at = error.span[0]
        condition = text[:at].strip()
        parse("expr", condition)
        return condition, text[at:].strip()
    return text.strip(), ""


def _position(error: Any, text: str) -> int:
    token = getattr(error, "token", None)
    if token is not None:
        return len(text) if token.type == "$END" else int(token.start_pos)
    return int(error.pos_in_stream)


__all__ = ["START_RULES", "StataError", "grammar_dir", "parse", "split_condition"]
