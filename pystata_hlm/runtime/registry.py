"""The command table: ``@command`` rows, found by scanning ``pystata_hlm.commands``.

A command ``word`` lives in ``commands/word.py`` (``word_.py`` when it is a Python keyword or module). To start fast,
looking up a word imports only the files whose name begins with it; when that does not settle it, all are imported.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pystata_hlm.errors import StataError
from pystata_hlm.runtime.spec import CommandSpec, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context
    from pystata_hlm.runtime.executor import Executor
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
    light: bool = False,
    prepare: Callable[[str], Callable[[Executor], None] | None] | None = None,
    block: bool = False,
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
            light=light,
            prepare=prepare,
            block=block,
            summary=head.partition(":")[2].strip().rstrip(".") or head,
            syntax_line=syntax_line.strip(),
        )
        for word, shortest in spec.names:
            if word in _COMMANDS:
                raise RuntimeError(f"two commands are called {word}")
            _COMMANDS[word] = spec
            for length in range(shortest or len(word), len(word) + 1):
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
    _load_post(kind)
    cmd = estimation.cmd if estimation is not None else ""
    return _POST.get((kind, cmd)) or _POST.get((kind, "*"))


def post_kinds(prefix: str) -> list[str]:
    """All registered kinds that start with ``prefix`` (``estat ``), for abbreviations and help."""
    _load_post(prefix)
    return sorted({kind for kind, _ in _POST if kind.startswith(prefix)})


@lru_cache(maxsize=1)
def _modules() -> tuple[str, ...]:
    package = importlib.import_module("pystata_hlm.commands")
    return tuple(module.name for module in pkgutil.iter_modules(package.__path__))


def _import(name: str) -> None:
    importlib.import_module(f"pystata_hlm.commands.{name}")


def load() -> None:
    """Import every module of ``pystata_hlm.commands`` once."""
    global _loaded
    if not _loaded:
        for name in _modules():
            _import(name)
        _loaded = True


@lru_cache(maxsize=1)
def _post_modules() -> dict[str, tuple[str, ...]]:
    """The kinds of post-estimation routine that each module registers, read off its text: importing all modules
    for the first ``predict`` takes half a second."""
    out = {}
    for name in _modules():
        loader = importlib.util.find_spec(f"pystata_hlm.commands.{name}").loader  # type: ignore[union-attr]
        source = loader.get_source(f"pystata_hlm.commands.{name}") or ""  # type: ignore[union-attr]
        kinds = re.findall(r'^@postestimation\(\s*"([^"]*)"', source, re.MULTILINE)
        if kinds:
            out[name] = tuple(kinds)
    return out


def _load_post(prefix: str) -> None:
    """Import the modules that register routines whose kind starts with ``prefix``."""
    if not _loaded:
        for name, kinds in _post_modules().items():
            if any(kind.startswith(prefix) for kind in kinds):
                _import(name)


def find(word: str) -> CommandSpec | None:
    """The command a word names or abbreviates, or None."""
    if _loaded or word in _OWNED:
        return _ABBREVIATIONS.get(word)
    for name in _modules():
        if name.rstrip("_").startswith(word):
            _import(name)
    if word not in _ABBREVIATIONS:
        load()
    return _ABBREVIATIONS.get(word)


def known(word: str) -> CommandSpec | None:
    """The command whose full name or documented minimum is ``word``, if it has been imported already."""
    return _ABBREVIATIONS.get(word) if word in _OWNED else None


def lookup(word: str) -> CommandSpec:
    """The command a word names or abbreviates; r(199) otherwise."""
    spec = find(word)
    if spec is not None:
        return spec
    if word in _UNIMPLEMENTED:
        raise StataError.command_not_supported(_UNIMPLEMENTED[word])
    if not word.replace("_", "a").isalnum() or word[0].isdigit():
        raise StataError(199, f"{word} is not a valid command name")
    raise StataError(199, StataError.unrecognized_command(word).message + _note(word))


@lru_cache(maxsize=256)
def _note(word: str) -> str:
    """A line after "command xyz is unrecognized": whose command it is, or which one may have been meant."""
    from difflib import get_close_matches

    from pystata_hlm.runtime import community

    package = community.package_of(word)
    if package is not None:
        return f"\n(community-contributed, package {package}: not available in pystata_hlm)"
    names = [name for name in {*_COMMANDS, *_UNIMPLEMENTED.values()} if len(name) > 2]
    near = get_close_matches(word, sorted(names), n=1, cutoff=0.8) if len(word) > 3 else []
    return f"\n(did you mean {near[0]}?)" if near else ""


def all_commands() -> dict[str, CommandSpec]:
    load()
    return dict(_COMMANDS)


def known_unimplemented() -> dict[str, str]:
    load()
    return dict(_UNIMPLEMENTED)
