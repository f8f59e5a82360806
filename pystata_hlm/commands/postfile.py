"""postfile: declare a dataset of results to post to.   postfile postname newvarlist using filename [, every(#) replace]"""

from __future__ import annotations

from pystata_hlm.commands import _files
from pystata_hlm.commands._postfiles import PostFile
from pystata_hlm.commands._syntax_lead import new_variables
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import is_wellformed
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command(
    "postfile",
    syntax="anything",
    allow={"using"},
    options=(Opt("every", 1, "int"), Opt("replace")),
)
def run(call: Call, ctx: Context) -> Stored | None:
    name, _, rest = call.node.text.strip().partition(" ")
    if not name or call.using is None:
        raise StataError.invalid_syntax() if not name else StataError(100, "using required")
    if not is_wellformed(name):
        raise StataError.invalid_name(name)
    held = ctx.workspace.postfiles
    if name in held:
        raise StataError(110, f"post {name} already exists")
    before, ctx.data = ctx.data, Dataset()  # new to the file, whatever the data in memory hold
    try:
        types, names = new_variables(rest, ctx)
    finally:
        ctx.data = before
    if not names:
        raise StataError.varlist_required()
    for twice in names:
        if names.count(twice) > 1:
            raise StataError.already_defined(twice)
    every = call.opt("every", 0)
    if every < 0:
        raise StataError(198, "option every() incorrectly specified")
    shown = _files.with_suffix(call.using)
    path = ctx.workspace.resolve(shown)
    exists = path.exists()
    if exists and not call.has("replace"):
        raise StataError.file_exists(shown)
    if not path.parent.is_dir():
        raise StataError(603, f"file {shown} could not be opened")
    if call.has("replace") and not exists and "__" not in path.name:
        note = f"file {shown} not found"
        ctx.say(f"({note})" if ctx.settings.release >= 17 else f"(note: {note})")
    post = PostFile(names, types, shown, path, every)
    post.write()
    held[name] = post
    return None
