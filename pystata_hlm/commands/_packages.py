"""What ``ssc``, ``net`` and ``search`` say of community packages: provided by us, or not available."""

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.runtime import community
from pystata_hlm.runtime.context import Context


def install(word: str, name: str, ctx: Context) -> None:
    """``ssc install name``, ``net install name``: nothing to do when we provide it, else r(601)."""
    if not name:
        raise StataError.invalid_syntax()
    ours = community.provided(name)
    if ours:
        ctx.say(f"{name}: provided by pystata_hlm ({', '.join(ours)}); nothing to install")
        lacking = [one for one in community.packages().get(name, ()) if one not in ours]
        if lacking:
            ctx.say(f"not available of this package: {', '.join(lacking)}")
        return
    if community.is_known(name):
        package = community.package_of(name) or name
        raise StataError(601, f"{word}: package {package} is not available in pystata_hlm")
    raise StataError(601, f'{word}: "{name}" not found in the index of pystata_hlm')


def describe(name: str, ctx: Context) -> None:
    """What the index knows of a package."""
    if not community.is_known(name):
        raise StataError(601, f'"{name}" not found in the index of pystata_hlm')
    ctx.say("\n".join(["", *lines(name)]))


def lines(name: str) -> list[str]:
    """A package, or the package of a command, with its commands and where they stand."""
    package = name if name in community.packages() else community.package_of(name) or name
    commands = community.packages()[package]
    ours = community.provided(package)
    state = "provided by pystata_hlm" if len(ours) == len(commands) else "not available in pystata_hlm"
    if ours and len(ours) < len(commands):
        state = f"partly provided by pystata_hlm ({', '.join(ours)})"
    return [f"package {package}: {state}", f"        commands: {', '.join(commands)}"]
