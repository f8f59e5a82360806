"""``label language``: several sets of labels in one dataset, the ones not in use kept in characteristics.

As [D] label language documents: ``_dta[_lang_list]`` languages, ``_dta[_lang_c]`` the current one; for another
language L, ``_dta[_lang_v_L]`` data label, ``var[_lang_v_L]`` variable label, ``var[_lang_l_L]`` value-label name.
"""

from __future__ import annotations

import re

from pystata_hlm.data.dataset import DTA, Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored

LIMIT = 100


def languages(data: Dataset) -> tuple[list[str], str]:
    """Defined languages and the current one; a dataset begins with one called default."""
    chars = data.data_chars
    names = chars.get("_lang_list", "").split()
    current = chars.get("_lang_c", "")
    if not names or current not in names:
        return ["default"], "default"
    return names, current


def _declare(data: Dataset, names: list[str], current: str) -> None:
    data.set_char(DTA, "_lang_list", " ".join(names))
    data.set_char(DTA, "_lang_c", current)


def _set_char(data: Dataset, owner: str, name: str, text: str) -> None:
    if text or name in data.get_chars(owner):
        data.set_char(owner, name, text)


def _keep(data: Dataset, language: str) -> None:
    """Put the labels in use away under a language's name."""
    _set_char(data, DTA, f"_lang_v_{language}", data.label)
    for name in data.names:
        column = data.column(name)
        _set_char(data, name, f"_lang_v_{language}", column.label)
        _set_char(data, name, f"_lang_l_{language}", column.value_label)


def _fetch(data: Dataset, language: str) -> None:
    """Bring a language's labels into use; its characteristics go."""
    data.label = data.data_chars.get(f"_lang_v_{language}", "")
    for name in data.names:
        column = data.column(name)
        changed = column.with_(
            label=column.chars.get(f"_lang_v_{language}", ""),
            value_label=column.chars.get(f"_lang_l_{language}", "") if not column.is_string else "",
        )
        data.set_column(name, changed, same_values=True)
    _forget(data, language)


def _forget(data: Dataset, language: str) -> None:
    for owner in (DTA, *data.names):
        for kind in ("v", "l"):
            _set_char(data, owner, f"_lang_{kind}_{language}", "")


def _blank(data: Dataset) -> None:
    data.label = ""
    for name in data.names:
        data.set_column(name, data.column(name).with_(label="", value_label=""), same_values=True)


def _show(names: list[str], current: str) -> list[str]:
    def hint(text: str, line: str) -> str:
        return f"    {text:<31}. label language {line}"

    out = ["", "Language for variable and value labels", ""]
    if len(names) == 1:
        out += [
            "    In this dataset, value and variable labels have been defined in only one",
            f"    language:  {current}",
            "",
        ]
    else:
        out += ["    Available languages:", *(f"            {name}" for name in names), ""]
        out += [hint("Currently set is:", current), ""]
        out.append(hint("To select different language:", "<name>"))
        out.append("")
    out += [
        hint("To create new language:", "<name>, new"),
        hint("To rename current language:", "<name>, rename"),
    ]
    return out


def run(words: list[str], options: set[str], ctx: Context) -> Stored:
    """``label language [name] [, new [copy] | rename | delete]``."""
    data = ctx.data
    names, current = languages(data)
    if len(words) > 1:
        raise StataError.invalid_syntax()
    if not words:
        if options:
            raise StataError(198, "language name required")
        ctx.emit(lines(*_show(names, current)))
        return _stored(names, current)
    name = words[0]
    if not re.fullmatch(r"[^\W\d]\w{0,23}", name):
        raise StataError(198, f"{name} invalid language name")
    _check_options(options)
    if "new" in options:
        _new(name, names, current, "copy" in options, ctx)
    elif "rename" in options:
        if name in names:
            raise StataError(110, f"language {name} already defined")
        _declare(data, [name if one == current else one for one in names], name)
        ctx.say(f"(language {current} renamed {name})")
    elif "delete" in options:
        _delete(name, names, current, ctx)
    else:
        if name not in names:
            raise StataError(111, f"language {name} not defined")
        if name != current:
            _keep(data, current)
            _fetch(data, name)
            _declare(data, names, name)
    data.changed = True
    return _stored(*languages(data))


def _check_options(options: set[str]) -> None:
    if len(options - {"copy"}) > 1:
        raise StataError(198, "only one of new, rename, or delete may be specified")
    if "copy" in options and "new" not in options:
        raise StataError(198, "option copy may be specified only with option new")


def _new(name: str, names: list[str], current: str, copy: bool, ctx: Context) -> None:
    data = ctx.data
    if name in names:
        raise StataError(110, f"language {name} already defined")
    if len(names) >= LIMIT:
        raise StataError(198, f"no more than {LIMIT} languages may be defined")
    _keep(data, current)
    if not copy:
        _blank(data)
    _declare(data, [*names, name], name)
    ctx.say(f"(language {name} now current language)")


def _delete(name: str, names: list[str], current: str, ctx: Context) -> None:
    data = ctx.data
    if name not in names:
        raise StataError(111, f"language {name} not defined")
    left = [one for one in names if one != name]
    if not left:
        raise StataError(198, f"{name} is the only language defined; it may not be deleted")
    if name == current:
        _fetch(data, left[0])
        current = left[0]
        _declare(data, left, current)
        ctx.say(f"(language {current} now current language)")
        return
    _forget(data, name)
    _declare(data, left, current)


def _stored(names: list[str], current: str) -> Stored:
    return Stored(
        "r", scalars={"k": float(len(names))}, macros={"languages": " ".join(names), "language": current}
    )
