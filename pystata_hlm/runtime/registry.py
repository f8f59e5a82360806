"""The command table: ``@command`` rows, found by scanning ``pystata_hlm.commands``.

To start fast, command modules are imported when first needed: ``_index.py`` is not a list to edit but the
package's file names and each file's declarations read with ``ast`` would be slower than importing, so the whole
(light) package is imported once; heavy libraries are imported inside functions.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.spec import CommandSpec, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.results import Estimation, Stored
    from pystata_hlm.runtime.spec import Call

_COMMANDS: dict[str, CommandSpec] = {}
_ABBREVIATIONS: dict[str, CommandSpec] = {}
_UNIMPLEMENTED: dict[str, str] = {}
_POST: dict[tuple[str, str], Callable[..., Any]] = {}
_loaded = False


def command(
    name: str,
    *,
    min: int = 0,
    klass: str = "",
    syntax: str = "standard",
    varlist: str = "optional",
    min_vars: int = 0,
    max_vars: int | None = None,
    byable: str = "",
    allow: set[str] | frozenset[str] = frozenset({"if", "in"}),
    weights: tuple[str, ...] = (),
    options: tuple[Opt, ...] = (),
    unsupported: tuple[str, ...] = (),
    any_option: bool = False,
    estimation: bool = False,
    replay_options: tuple[str, ...] = (),
    aliases: tuple[tuple[str, int], ...] = (),
    prefix: bool = False,
) -> Callable[[Callable[[Call, Context], Stored | None]], Callable[[Call, Context], Stored | None]]:
    """Register a command. The summary and syntax line come from the module's docstring:
    ``name: summary.   syntax line``."""

    def register(run: Callable[[Call, Context], Stored | None]) -> Callable[[Call, Context], Stored | None]:
        doc = (run.__doc__ or importlib.import_module(run.__module__).__doc__ or "").strip()
        head, _, syntax_line = doc.partition("\n")[0].partition("   ")
        spec = CommandSpec(
            name=name,
            run=run,
            min=min,
            klass=klass,
            syntax=syntax,
            varlist=varlist,
            min_vars=min_vars,
            max_vars=max_vars,
            byable=byable,
            allow=frozenset(allow),
            weights=weights,
            options=options,
            unsupported=unsupported,
            any_option=any_option,
            estimation=estimation,
            replay_options=replay_options,
            aliases=aliases,
            prefix=prefix,
            summary=head.partition(":")[2].strip().rstrip(".") or head,
            syntax_line=syntax_line.strip(),
        )
        for word, shortest in spec.names:
            if word in _COMMANDS:
                raise RuntimeError(f"two commands are called {word}")
            _COMMANDS[word] = spec
            for length in range(shortest, len(word) + 1):
                _abbreviate(word[:length], spec, length in (shortest, len(word)))
        return run

    return register


_OWNED: set[str] = set()


def _abbreviate(text: str, spec: CommandSpec, own: bool) -> None:
    """Take an abbreviation. A command's full name and its documented minimum (``sca`` of scalar) go before another's
    longer abbreviation (``sca`` of scatter, minimum ``sc``)."""
    taken = _ABBREVIATIONS.get(text)
    if taken is not None and taken is not spec:
        if own == (text in _OWNED):
            raise RuntimeError(f"{text} abbreviates both {taken.name} and {spec.name}")
        if not own:
            return
    _ABBREVIATIONS[text] = spec
    if own:
        _OWNED.add(text)


def unimplemented(*names: str) -> None:
    """Names of Stata commands that we lack, ``name`` or ``name:minimum``."""
    for entry in names:
        word, _, shortest = entry.partition(":")
        for length in range(int(shortest or len(word)), len(word) + 1):
            _UNIMPLEMENTED[word[:length]] = word


def postestimation(kind: str, *cmds: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a post-estimation routine: ``kind`` is ``predict``, ``estat ic``, ``estat vif``...;
    ``cmds`` are the e(cmd) it serves (``*``: any)."""

    def register(run: Callable[..., Any]) -> Callable[..., Any]:
        for cmd in cmds:
            _POST[(kind, cmd)] = run
        return run

    return register


def post(kind: str, estimation: Estimation | None) -> Callable[..., Any] | None:
    """The routine for the current estimation, or None."""
    load()
    cmd = estimation.cmd if estimation is not None else ""
    return _POST.get((kind, cmd)) or _POST.get((kind, "*"))


def post_kinds(prefix: str) -> list[str]:
    """All registered kinds that start with ``prefix`` (``estat ``), for abbreviations and help."""
    load()
    return sorted({kind for kind, _ in _POST if kind.startswith(prefix)})


def load() -> None:
    """Import every module of ``pystata_hlm.commands`` once."""
    global _loaded
    if _loaded:
        return
    _loaded = True
    package = importlib.import_module("pystata_hlm.commands")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"pystata_hlm.commands.{module.name}")


def lookup(word: str) -> CommandSpec:
    """The command a word names or abbreviates; r(199) otherwise."""
    if not _loaded:
        load()
    spec = _ABBREVIATIONS.get(word)
    if spec is not None:
        return spec
    if word in _UNIMPLEMENTED:
        raise StataError.command_not_supported(_UNIMPLEMENTED[word])
    raise StataError.unrecognized_command(word)


def find(word: str) -> CommandSpec | None:
    """Like ``lookup`` without the error."""
    if not _loaded:
        load()
    return _ABBREVIATIONS.get(word)


def all_commands() -> dict[str, CommandSpec]:
    load()
    return dict(_COMMANDS)


def known_unimplemented() -> dict[str, str]:
    load()
    return dict(_UNIMPLEMENTED)
