"""label: label data, variables and values.   label data|variable|define|values|list|dir|drop|copy|save|language ..."""

from __future__ import annotations

import re
from collections.abc import Callable

from pystata_hlm.commands import _files, _label_language
from pystata_hlm.commands._labels import widened
from pystata_hlm.data import missing
from pystata_hlm.data.labels import MISSING_KEY, ValueLabel, key_text
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

MAX_VARIABLE_LABEL = 80
_PIECE = re.compile(r"\s*(`\".*?\"'|\"[^\"]*\"?|[^\s,\"]+|,)", re.DOTALL)


def pieces(text: str) -> list[str]:
    """Words and quoted strings (quotes kept); a comma is a piece of its own."""
    out, at = [], 0
    while text[at:].strip():
        found = _PIECE.match(text, at)
        if found is None:
            raise StataError.invalid_syntax()
        out.append(found[1])
        at = found.end()
    return out


def unquoted(piece: str) -> str:
    """The text inside quotes; a string left open at the end of the line ends there."""
    if piece.startswith('`"'):
        return piece[2:-2]
    if piece.startswith('"'):
        return piece[1:-1] if len(piece) > 1 and piece.endswith('"') else piece[1:]
    return piece


def _options(words: list[str], allowed: tuple[str, ...]) -> tuple[list[str], set[str]]:
    """Split at the comma; options may be abbreviated to three letters or more."""
    if "," not in words:
        return words, set()
    at = words.index(",")
    found = set()
    for word in words[at + 1 :]:
        if word == ",":
            continue
        full = [name for name in allowed if name.startswith(word) and len(word) >= min(3, len(name))]
        if len(full) != 1:
            raise StataError.option_not_allowed(word)
        found.add(full[0])
    return words[:at], found


def shorten_label(text: str, ctx: Context) -> str:
    """Labels hold 80 characters; the rest is cut with a note."""
    if len(text) > MAX_VARIABLE_LABEL:
        ctx.say("note: label truncated to 80 characters")
        return text[:MAX_VARIABLE_LABEL]
    return text


def _data(text: str, ctx: Context) -> None:
    words = pieces(text)
    if len(words) > 1:
        raise StataError.invalid_syntax()
    ctx.data.label = shorten_label(unquoted(words[0]), ctx) if words else ""
    ctx.data.changed = True


def _variable(text: str, ctx: Context) -> None:
    words = pieces(text)
    if not words:
        raise StataError.varlist_required()
    if len(words) > 2:
        raise StataError.invalid_syntax()
    name = ctx.data.find(words[0], ctx.settings.varabbrev)
    label = shorten_label(unquoted(words[1]), ctx) if len(words) > 1 else ""
    column = ctx.data.column(name)
    ctx.data.set_column(name, column.with_(label=label), same_values=True)


def key(word: str) -> int:
    """Key of a value written in ``label define``: an integer or a missing value; r(198)."""
    code = missing.code_of(word)
    if code is not None:
        return MISSING_KEY + code
    try:
        value = float(word)
    except ValueError:
        raise StataError.invalid_syntax() from None
    if value != int(value):
        raise StataError(198, "may not label noninteger values")
    return int(value)


def _define(text: str, ctx: Context) -> None:
    words, options = _options(pieces(text), ("add", "modify", "replace", "nofix"))
    if not words:
        raise StataError.invalid_syntax()
    name, rest = words[0], words[1:]
    if not is_valid_name(name):
        raise StataError.invalid_name(name)
    if len(rest) % 2:
        raise StataError.invalid_syntax()
    entries = {key(rest[k]): unquoted(rest[k + 1]) for k in range(0, len(rest), 2)}
    old = ctx.data.value_labels.get(name)
    if old is not None and not options & {"add", "modify", "replace"}:
        raise StataError(110, f"value label {name} already defined")
    if old is None or "replace" in options:
        new = ValueLabel({k: v for k, v in entries.items() if v != ""})
    elif "modify" in options:
        new = old.with_entries(entries)
    else:
        if any(k in old and old[k] != v for k, v in entries.items()):
            raise StataError(180, "invalid attempt to modify label")
        new = old.with_entries(entries)
    ctx.data.value_labels[name] = new
    ctx.data.changed = True
    if "nofix" not in options and old is not None:
        for variable in ctx.data.names:
            if ctx.data.column(variable).value_label == name:
                _widen(variable, new, ctx)


def _widen(name: str, label: ValueLabel, ctx: Context) -> None:
    ctx.data.set_column(name, widened(ctx.data.column(name), label), same_values=True)


def _values(text: str, ctx: Context) -> None:
    words, options = _options(pieces(text), ("nofix",))
    if len(words) < 1:
        raise StataError.varlist_required()
    label = ""
    if len(words) > 1:
        label = "" if words[-1] == "." else words[-1]
        words = words[:-1]
    names = expand_varlist(ctx.data, parse("varlist", " ".join(words)), varabbrev=ctx.settings.varabbrev)
    if label and not is_valid_name(label):
        raise StataError.invalid_name(label)
    for name in names:
        column = ctx.data.column(name)
        if column.is_string and label:
            raise StataError(181, "may not label strings")
        ctx.data.set_column(name, column.with_(value_label=label), same_values=True)
        if label in ctx.data.value_labels and "nofix" not in options:
            _widen(name, ctx.data.value_labels[label], ctx)


def listed(name: str, label: ValueLabel) -> list[str]:
    """Lines of ``label list``."""
    return [f"{name}:", *(f"{key_text(k):>12} {text}" for k, text in label.items())]


def _list(text: str, ctx: Context) -> Stored | None:
    labels = ctx.data.value_labels
    names = text.split() or sorted(labels)
    out: list[str] = []
    for name in names:
        if name not in labels:
            raise StataError(111, f"value label {name} not found")
        out += listed(name, labels[name])
    if out:
        ctx.emit(lines(*out))
    if not names:
        return Stored("r")
    keys = [k for k, _ in labels[names[-1]].items()]
    numbers = [k for k in keys if k < MISSING_KEY]
    scalars = {
        "k": float(len(keys)),
        "hasemiss": float(len(keys) > len(numbers)),
        "nemiss": float(len(keys) - len(numbers)),
    }
    if numbers:
        scalars |= {"min": float(min(numbers)), "max": float(max(numbers))}
    return Stored("r", scalars=scalars)


def _dir(text: str, ctx: Context) -> Stored | None:
    names = list(ctx.data.value_labels)
    if names:
        ctx.emit(lines(*names))
    return Stored("r", macros={"names": " ".join(names)})


def _drop(text: str, ctx: Context) -> None:
    labels = ctx.data.value_labels
    names = list(labels) if text.strip() == "_all" else text.split()
    if not names and text.strip() != "_all":
        raise StataError.invalid_syntax()
    for name in names:
        if name not in labels:
            raise StataError(111, f"value label {name} not found")
    for name in names:
        del labels[name]
    ctx.data.changed = True


def _copy(text: str, ctx: Context) -> None:
    words, options = _options(pieces(text), ("replace",))
    if len(words) != 2:
        raise StataError.invalid_syntax()
    source, target = words
    labels = ctx.data.value_labels
    if source not in labels:
        raise StataError(111, f"value label {source} not found")
    if target in labels and "replace" not in options:
        raise StataError(110, f"value label {target} already defined")
    labels[target] = labels[source]
    ctx.data.changed = True


def _save(text: str, ctx: Context) -> None:
    """A do-file of ``label define`` commands that add or change the entries."""
    words, options = _options(pieces(text), ("replace",))
    if "using" not in words or len(words) != words.index("using") + 2:
        raise StataError(100, "using required") if "using" not in words else StataError.invalid_syntax()
    labels = ctx.data.value_labels
    names = words[: words.index("using")] or sorted(labels)
    for name in names:
        if name not in labels:
            raise StataError(111, f"value label {name} not found")
    shown = _files.with_suffix(unquoted(words[-1]), ".do")
    path = ctx.workspace.resolve(shown)
    if path.exists() and "replace" not in options:
        raise StataError.file_exists(shown)
    if not path.parent.is_dir():
        raise StataError(603, f"file {shown} could not be opened")
    out = [
        f'label define {name} {key_text(k)} `"{text}"\', modify\n'
        for name in names
        for k, text in labels[name].items()
    ]
    path.write_text("".join(out), encoding="utf-8")
    ctx.say(f"file {shown} saved")


def _language(text: str, ctx: Context) -> Stored:
    words, options = _options(pieces(text), ("new", "copy", "rename", "delete"))
    return _label_language.run(words, options, ctx)


_SUBCOMMANDS: tuple[tuple[str, int, Callable[[str, Context], Stored | None]], ...] = (
    ("data", 2, _data),
    ("variable", 3, _variable),
    ("define", 2, _define),
    ("values", 3, _values),
    ("list", 1, _list),
    ("dir", 2, _dir),
    ("drop", 4, _drop),
    ("copy", 4, _copy),
    ("save", 4, _save),
    ("language", 4, _language),
)


@command("label", min=2, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.text.strip().partition(" ")
    for name, shortest, handler in _SUBCOMMANDS:
        if len(word) >= shortest and name.startswith(word):
            return handler(rest, ctx)
    raise StataError(198, f"invalid subcommand {word}")
