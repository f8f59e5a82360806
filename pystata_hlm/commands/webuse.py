"""webuse: use a dataset from the web.   webuse filename [, clear] | webuse query | webuse set [url]"""

from __future__ import annotations

import re
from pathlib import Path

from pystata_hlm.commands import _files, _network
from pystata_hlm.commands import _importing as shared
from pystata_hlm.data.io import read_dta
from pystata_hlm.data.textfile import replacing
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


def default_prefix(ctx: Context) -> str:
    return f"https://www.stata-press.com/data/r{ctx.settings.release}"


def prefix(ctx: Context) -> str:
    """Where datasets come from: what ``webuse set`` said, else Stata Press."""
    return ctx.settings.webuse or default_prefix(ctx)


def places(source: str, name: str) -> list[Path]:
    """Where the user's cache may hold a dataset: by its address; by name alone for those of Stata Press."""
    folder = _network.cache_folder()
    if folder is None:
        return []
    slug = re.sub(r"[^\w.-]+", "_", source.partition("://")[2])
    out = [folder / slug / name]
    return [*out, folder / name] if "stata-press.com" in source else out


def set_prefix(text: str, ctx: Context) -> None:
    url = strip_quotes(text).rstrip("/")
    if url and "://" not in url:
        url = f"https://{url}"
    if url and not _network.is_url(url):
        raise StataError(671, f"unknown network protocol\n{url}")
    ctx.settings.webuse = url
    ctx.say(f'(prefix now "{prefix(ctx)}")')


def obtain(name: str, ctx: Context) -> Path:
    """The dataset's local copy: from the cache, else fetched and kept there."""
    source = prefix(ctx)
    known = places(source, name)
    for path in known:
        if path.is_file():
            return path
    address = f"{source}/{name}"
    if not known:
        return _network.fetch(address)
    raw = _network.download(address)
    known[0].parent.mkdir(parents=True, exist_ok=True)
    with replacing(known[0], name) as handle:
        handle.write(raw)
    return known[0]


@command("webuse", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    word, _, rest = call.text.strip().partition(" ")
    if word == "query" and not rest.strip():
        ctx.say(f'(prefix now "{prefix(ctx)}")')
        return None
    if word == "set":
        set_prefix(rest, ctx)
        return None
    node, options, name = shared.parsed(call.text, (Opt("clear"),), (), ctx)
    shared.refuse_qualifiers(node)
    if node.clauses.using is not None:
        raise StataError(101, "using not allowed")
    shown = _files.with_suffix(shared.need_file(_files.file_argument(name)))
    _files.refuse_to_lose(ctx, "clear" in options)
    path = obtain(shown, ctx)
    data = read_dta(path)
    data.filename, data.changed = f"{prefix(ctx)}/{shown}", False
    _files.adopt(data, ctx)
    return None
