"""import: read files of other programs.   import {delimited|excel|sas|spss} [using] filename [, options]"""

from __future__ import annotations

from collections.abc import Callable

from pystata_hlm.commands import _import_delimited, _import_excel, _import_foreign
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

SUBCOMMANDS: tuple[tuple[str, int, Callable[[str, Context], Stored | None]], ...] = (
    ("delimited", 5, _import_delimited.run),
    ("excel", 3, _import_excel.run),
    ("sas", 3, _import_foreign.run_sas),
    ("spss", 4, _import_foreign.run_spss),
    ("sasxport5", 9, _import_foreign.run_xport),
    ("sasxport8", 9, _import_foreign.run_xport),
    ("sasxport", 8, _import_foreign.run_xport),
)
LACKING = ("dbase", "fred", "haver", "haverdirect", "jdbc")


@command(
    "import",
    min=3,
    klass="r",
    syntax="raw",
    options=tuple(
        {
            option.name: option
            for option in (*_import_foreign.SAS_OPTIONS, *_import_excel.OPTIONS, *_import_delimited.OPTIONS)
        }.values()
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.text.strip().partition(" ")
    for name, shortest, handler in SUBCOMMANDS:
        if len(word) >= shortest and name.startswith(word):
            return handler(rest, ctx)
    if word in LACKING:
        raise StataError(198, f"import {word} not yet supported")
    if not word:
        raise StataError(198, "subcommand required")
    raise StataError(198, f"import: unknown subcommand {word}")
