"""save: save the data as a Stata dataset.   save [filename] [, replace nolabel emptyok all]"""

from __future__ import annotations

from pystata_hlm.commands import _files
from pystata_hlm.data.io import write_dta
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "save",
    min=2,
    syntax="anything",
    allow=set(),
    options=(
        Opt("replace"),
        Opt("nolabel", 3, "off"),
        Opt("emptyok"),
        Opt("orphans"),
    ),
    unsupported=("old", "all"),
)
def run(call: Call, ctx: Context) -> Stored | None:
    save(_files.file_argument(call.node.text), call, ctx, 118)
    return None


def save(name: str, call: Call, ctx: Context, release: int) -> None:
    """Write the data in memory; r(602) when the file exists and ``replace`` was not given."""
    data = ctx.data
    name = name or data.filename
    if not name:
        raise StataError(198, "invalid file specification")
    shown = _files.with_suffix(name)
    if not data.k and not call.has("emptyok"):
        raise StataError.no_variables()
    path = ctx.workspace.resolve(shown)
    exists = path.exists()
    if exists and not call.has("replace"):
        raise StataError.file_exists(shown)
    if not path.parent.is_dir():
        raise StataError(603, f"file {shown} could not be opened")
    written = data
    if call.has("nolabel"):
        written = data.copy()
        written.value_labels = {}
        for variable in written.names:
            written.set_column(variable, written.column(variable).with_(value_label=""), same_values=True)
    elif not call.has("orphans"):
        written = data.copy()
        used = {column.value_label for column in written.columns.values()}
        for column in written.columns.values():  # labels of the languages not in use
            used |= {text for key, text in column.chars.items() if key.startswith("_lang_l_")}
        written.value_labels = {k: v for k, v in written.value_labels.items() if k in used}
    stamp = write_dta(written, path, release=release)
    if call.has("replace") and not exists:
        note = f"file {shown} not found"
        ctx.say(f"({note})" if ctx.settings.release >= 17 else f"(note: {note})")
    data.filename, data.timestamp, data.changed = shown, stamp, False
    ctx.say(f"file {shown} saved")
