"""sysuse: load a dataset shipped with the package.   sysuse filename [, clear] | sysuse dir"""

from __future__ import annotations

from pystata_hlm.commands import _files
from pystata_hlm.data.bundled import dataset_names, dataset_path
from pystata_hlm.errors import StataError
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

STATACORP = frozenset(
    [
        "auto",
        "auto16",
        "auto2",
        "autornd",
        "bplong",
        "bpwide",
        "cancer",
        "census",
        "citytemp",
        "citytemp4",
        "educ99gdp",
        "gnp96",
        "lifeexp",
        "network1",
        "network1a",
        "nlsw88",
        "nlswide1",
        "pop2000",
        "sandstone",
        "sp500",
        "surface",
        "tsline1",
        "tsline2",
        "uslifeexp",
        "uslifeexp2",
        "voter",
        "xtline1",
    ]
)
"""Example datasets that come with Stata and belong to StataCorp."""


def columns(words: list[str], linesize: int, gap: int = 2) -> list[str]:
    """Words laid out column by column, as ``ls`` does."""
    if not words:
        return []
    width = max(map(len, words)) + gap
    across = max(1, linesize // width)
    down = -(-len(words) // across)
    rows = [words[k::down] for k in range(down)]
    return ["".join(word.ljust(width) for word in row).rstrip() for row in rows]


def listed(ctx: Context, every: bool) -> list[str]:
    """The shipped datasets, and those along the ado-path; names with an underscore only when asked for."""
    ws = ctx.workspace
    found = {f"{name}.dta" for name in dataset_names()}
    for element in ws.ado.path:
        folder = ws.resolve(ws.ado.folder(element))
        if folder.is_dir():
            found |= {path.name for path in folder.glob("*.dta")}
    return sorted(name for name in found if every or "_" not in name)


@command("sysuse", syntax="anything", allow=set(), options=(Opt("clear"), Opt("all")))
def run(call: Call, ctx: Context) -> Stored | None:
    name = _files.file_argument(call.node.text)
    if not name:
        raise StataError(198, "invalid file specification")
    if name == "dir":
        found = listed(ctx, call.has("all"))
        ctx.emit(lines(*("  " + line for line in columns(found, 78))))
        return Stored("r", macros={"files": " ".join(found)})
    path = dataset_path(name)
    shown = _files.with_suffix(name)
    if path is None:  # the working directory and one's own folders are on the search path
        path = ctx.workspace.ado.find(shown, ctx.workspace.cwd)
    if path is None:
        message = f'file "{shown}" not found'
        if shown.removesuffix(".dta") in STATACORP:
            message += (
                "\nThis example dataset belongs to StataCorp and cannot be shipped with this program."
                "\nCopy it from a Stata installation into the working directory and try again."
            )
        raise StataError(601, message)
    _files.refuse_to_lose(ctx, call.has("clear"))
    data = _files.read(str(path), ctx)
    _files.adopt(data, ctx)
    return None
