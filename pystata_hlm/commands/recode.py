"""recode: recode categorical variables.   recode varlist (rule) ... [if] [in] [, generate(newvar) prefix(str) label()]"""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands._labels import widened
from pystata_hlm.commands._recoding import Rule, apply_rules, read_rules, rule_checks
from pystata_hlm.commands._storing import plural
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column
from pystata_hlm.data.labels import MISSING_KEY, ValueLabel, key_of
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_RULE_STARTS = re.compile(r"\(|(?<!\S)(?:[-+.\d]|min\s*/|mis|nonm|else\b|\*\s*=)")


def _split(text: str) -> tuple[str, str]:
    """The varlist and the rules: rules begin at the first parenthesis, number or rule word."""
    found = _RULE_STARTS.search(text)
    if found is None or not text[: found.start()].strip():
        raise StataError.invalid_syntax() if found is None else StataError.varlist_required()
    return text[: found.start()], text[found.start() :]


@command(
    "recode",
    syntax="anything",
    options=(
        Opt("generate", 1, "text"),
        Opt("into", 2, "text"),
        Opt("prefix", 3, "text"),
        Opt("label", 1, "text"),
        Opt("copyrest", 1),
        Opt("test", 1),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    names_text, rules_text = _split(call.node.text)
    names = list(expand_varlist(data, parse("varlist", names_text), varabbrev=ctx.settings.varabbrev))
    for name in names:
        if data.column(name).is_string:
            raise StataError.type_mismatch()
    rules = read_rules(rules_text)
    targets = _targets(call, names)
    labels = any(rule.label for rule in rules)
    if targets is None:
        if labels:
            raise StataError(198, "labels may be specified only with generate() or prefix()")
        if call.has("label") or call.has("copyrest"):
            raise StataError(198, "options label() and copyrest require generate() or prefix()")
    for new in targets or []:
        if new in data:
            raise StataError.already_defined(new)
    for k, name in enumerate(names):
        new = targets[k] if targets else ""
        _recode(name, new, rules, call, ctx)
    return None


def _targets(call: Call, names: list[str]) -> list[str] | None:
    """New names of generate() (or into()) and prefix(); None when the variables themselves change."""
    given = call.opt("generate", call.opt("into"))
    if given is None and not call.has("prefix"):
        return None
    if call.has("prefix"):
        if given is not None:
            raise StataError(198, "options generate() and prefix() may not be combined")
        new = [call.opt("prefix").strip() + name for name in names]
    else:
        new = given.split()
    if len(new) != len(names):
        raise StataError(198, "number of variables in varlist and generate() do not match")
    for name in new:
        if not is_valid_name(name):
            raise StataError.invalid_name(name)
    return new


def _recode(name: str, new: str, rules: list[Rule], call: Call, ctx: Context) -> None:
    data, old = ctx.data, ctx.data.column(name)
    values, codes = old.decoded()
    if call.has("test"):
        unused, overlaps = rule_checks(rules, values, codes, call.sample)
        for number in unused:
            ctx.say(f"{name}: rule {number} was never invoked")
        for first, second in overlaps:
            ctx.say(f"{name}: rules {first} and {second} overlap")
    out, out_codes, _ = apply_rules(rules, values, codes, call.sample)
    before = missing.ordered(values, codes)
    after = missing.ordered(out, out_codes)
    changed = int(np.count_nonzero((before != after) & call.sample))
    if new and not call.has("copyrest"):
        out = np.where(call.sample, out, np.nan)
        out_codes = np.where(call.sample, out_codes, 0).astype(np.int8)
    stype = storage.promote(old.stype, out)
    column = Column.numeric(out, out_codes if out_codes.any() else None, stype)
    if not new:
        kept = old.with_(data=column.data, stype=stype)
        if changed:
            data.set_column(name, kept)
        what = plural(changed, "change", "changes")
        if ctx.settings.release >= 17:
            ctx.say(f"({what} made to {name})")
        else:
            ctx.say(f"({name}: {what} made)")
        return
    column = column.with_(label=f"RECODE of {name}" + (f" ({old.label})" if old.label else ""))
    column = column.with_(label=column.label[:80])
    label = _value_label(old, rules, call, new, ctx)
    column = column.with_(value_label=label)
    data.add(new, widened(column, data.value_labels[label]) if label else column)
    different = plural(changed, "difference", "differences")
    ctx.say(f"({different} between {name} and {new})")


def _value_label(old: Column, rules: list[Rule], call: Call, new: str, ctx: Context) -> str:
    """Define the value label when rules have labels; its name ("" without labels)."""
    if not any(rule.label for rule in rules):
        return ""
    name = (call.opt("label") or new).strip()
    if name in ctx.data.value_labels:
        raise StataError(110, f"value label {name} already defined")
    entries: dict[int, str] = {}
    for rule in rules:
        key = key_of(rule.value, rule.code)
        if key is not None and rule.label and key not in entries:
            entries[key] = rule.label
    attached = ctx.data.value_labels.get(old.value_label)
    if attached is not None:  # values that no rule touches keep their labels
        touched = apply_rules(
            rules,
            np.array([float(k) if k < MISSING_KEY else np.nan for k in attached]),
            np.array([max(0, k - MISSING_KEY) for k in attached], dtype=np.int8),
            np.ones(len(attached), dtype=bool),
        )[2]
        for (key, text), gone in zip(attached.items(), touched.tolist(), strict=True):
            if not gone and key not in entries:
                entries[key] = text
    ctx.data.value_labels[name] = ValueLabel(entries)
    return name
