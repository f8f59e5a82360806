"""Set up and run, on a machine with nothing but Python 3.11+ and pip.

    python run.py course [options]    environment, install, then the course do-file; its graphs land in ./graphs
    python run.py test [options]      environment, install, then the tests

Options go on to ``pystata-hlm`` and to ``pytest``. Standard library only. The environment is ./.venv; it is
left alone when nothing in pyproject.toml has changed since it was installed.
"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import venv

ROOT = os.path.dirname(os.path.abspath(__file__))
HOME = os.path.join(ROOT, ".venv")
COURSE = os.path.join("do_files", "hlm_diagnostics.do")
EXTRAS = {"course": "", "test": "[test]"}


def python():
    """The interpreter of the environment."""
    parts = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(HOME, *parts)


def usable():
    """Whether the environment starts (it does not after its folder, or its Python, has moved)."""
    command = [python(), "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def has_pip():
    """Whether the environment has a pip of its own."""
    return subprocess.run([python(), "-c", "import pip"], stderr=subprocess.DEVNULL).returncode == 0


def create():
    """Make the environment; a Linux whose Python lacks ensurepip leaves it without a pip of its own."""
    print("creating .venv", flush=True)
    bundled = importlib.util.find_spec("ensurepip") is not None
    venv.EnvBuilder(clear=True, with_pip=bundled, symlinks=os.name != "nt").create(HOME)


def pip(*arguments):
    """Run pip for the environment: its own, else the one this script's Python has."""
    tool = [python(), "-m", "pip"] if has_pip() else [sys.executable, "-m", "pip", "--python", python()]
    return subprocess.run([*tool, "--disable-pip-version-check", *arguments], cwd=ROOT).returncode


def install(extra):
    """Install the package (editable) unless the stamp says that this pyproject.toml is already installed."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        wanted = hashlib.sha256(file.read() + ROOT.encode()).hexdigest()
    stamp = os.path.join(HOME, "installed-" + (extra.strip("[]") or "course"))
    if os.path.isfile(stamp):
        with open(stamp, encoding="ascii") as file:
            if file.read() == wanted:
                return 0
    print("installing into .venv (a minute or two the first time)", flush=True)
    status = pip("install", "--quiet", "--editable", "." + extra)
    if status == 0:
        with open(stamp, "w", encoding="ascii") as file:
            file.write(wanted)
    return status


def main(arguments):
    if sys.version_info < (3, 11):  # noqa: UP036  (this file runs before pip can check)
        print("pystata_hlm needs Python 3.11 or later; this is " + sys.version.split()[0])
        return 2
    if not arguments or arguments[0] not in EXTRAS:
        print(__doc__)
        return 2
    verb, rest = arguments[0], arguments[1:]
    if not usable():
        create()
    status = install(EXTRAS[verb])
    if status:
        print("the installation failed: see pip's message above")
        return status
    if verb == "course":
        command = ["-m", "pystata_hlm", "--graphs", "graphs", *rest, "do", COURSE]
    else:
        command = ["-m", "pytest", "-n", "auto", "--maxprocesses=4", "--dist", "loadfile", *rest]
    return subprocess.run([python(), *command], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
