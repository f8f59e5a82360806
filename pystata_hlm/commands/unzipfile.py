"""unzipfile: extract files from a zip archive.   unzipfile zipfilename [, replace]"""

from __future__ import annotations

import zipfile

from pystata_hlm.commands import _importing as shared
from pystata_hlm.data.textfile import replacing
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt


@command("unzipfile", syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    _, options, name = shared.parsed(call.text, (Opt("replace"),), ("ifilter",), ctx)
    path, shown = shared.locate(shared.need_file(name), ".zip", ctx)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError):
        raise StataError(698, f"error opening zip file {shown}") from None
    extracted = skipped = 0
    home = ctx.workspace.cwd.resolve()
    with archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        for member in members:
            target = (home / member.filename).resolve()
            if home not in target.parents:
                raise StataError(698, f"{member.filename}: file outside the current directory; not extracted")
            if target.exists() and "replace" not in options:
                ctx.say(f"    skipping: {member.filename} (file already exists)")
                skipped += 1
                continue
            ctx.say(f"    inflating: {member.filename}")
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                contents = archive.read(member)
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError):
                raise StataError(698, f"error reading {member.filename} of zip file {shown}") from None
            with replacing(target, member.filename) as handle:
                handle.write(contents)
            extracted += 1
    ctx.say(f"\nsuccessfully unzipped {shown} to current directory")
    ctx.say(f"total processed:  {len(members)}\n        skipped:  {skipped}\n      extracted:  {extracted}")
    return None
