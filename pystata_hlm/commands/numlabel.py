"""numlabel: prefix numeric values to value labels.   numlabel [lblname-list], {add|remove} [mask(str) force detail]"""

from __future__ import annotations

from pystata_hlm.commands._labels import widened
from pystata_hlm.data.labels import ValueLabel, key_text
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def changed(label: ValueLabel, mask: str, add: bool, force: bool) -> tuple[ValueLabel, list[str]]:
    """The label with prefixes added or removed, and the lines that tell which entries already were as wanted.

    Without ``force`` a label that is partly as wanted stays as it is.
    """
    odd, out = [], {}
    for key, text in label.items():
        prefix = mask.replace("#", key_text(key))
        has = text.startswith(prefix)
        if has == add:
            odd.append(f"{key_text(key):>12} {text}")
            out[key] = text
        else:
            out[key] = prefix + text if add else text[len(prefix) :]
    return (label if odd and not force else ValueLabel(out)), odd


@command(
    "numlabel",
    syntax="anything",
    allow=set(),
    options=(
        Opt("add", 1),
        Opt("remove", 1),
        Opt("mask", 1, "string"),
        Opt("force", 1),
        Opt("detail", 1),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    labels = ctx.data.value_labels
    if call.has("add") == call.has("remove"):
        raise StataError(198, "either add or remove must be specified")
    mask = call.opt("mask", "#. ")
    if "#" not in mask:
        raise StataError(198, "mask() must contain #")
    names = call.node.text.split()
    if not names or names == ["_all"]:
        names = sorted(labels)
    for name in names:
        if name not in labels:
            raise StataError(111, f"value label {name} not found")
    if not names:
        ctx.say("(no value labels defined)")
    for name in names:
        new, odd = changed(labels[name], mask, call.has("add"), call.has("force"))
        if odd and not call.has("force"):
            which = "all" if len(odd) == len(labels[name]) else "some"
            state = "already" if call.has("add") else "not"
            ctx.say(
                f"({name}: {which} value labels {state} prefixed with mask {mask!r}; label not modified)".replace(
                    "'", '"'
                )
            )
        if odd and call.has("detail"):
            ctx.emit(lines(f"{name}:", *odd))
        labels[name] = new
        ctx.data.changed = True
        for variable in ctx.data.names:
            column = ctx.data.column(variable)
            if column.value_label == name:
                ctx.data.set_column(variable, widened(column, new), same_values=True)
    return None
