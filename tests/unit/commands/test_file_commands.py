"""copy, mkdir, rmdir, dir, type, shell, winexec, checksum, zipfile, unzipfile, webuse, sysuse dir, describe using, use."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import Session, example, fails

from pystata_hlm.commands.checksum import cksum


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Session:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "work"
    folder.mkdir()
    return Session(cwd=folder)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server for one folder."""
    folder = tmp_path / "web"
    folder.mkdir()
    Session(cwd=folder).run(
        "sysuse hsb\nkeep in 1/5\nkeep id ses\nsave small\nexport delimited using small.csv"
    )

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, directory=str(folder), **kwargs)  # type: ignore[arg-type]

        def log_message(self, *args: object) -> None:
            """Keep the test's output clean."""

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    httpd.server_close()
    thread.join()


def test_copy(session: Session) -> None:
    folder = session.workspace.cwd
    (folder / "a.txt").write_bytes(b"one\r\ntwo\r")
    session.run("mkdir sub\ncopy a.txt b.txt\ncopy a.txt sub\ncopy a.txt t.txt, text")
    assert session.rc == 0
    assert (folder / "b.txt").read_bytes() == (folder / "sub" / "a.txt").read_bytes() == b"one\r\ntwo\r"
    assert (folder / "t.txt").read_text() == "one\ntwo\n"
    fails("copy a.txt b.txt", 602, "file b.txt already exists", session=session)
    fails("copy nofile b.txt, replace", 601, "file nofile not found", session=session)
    fails("copy a.txt", 198, "invalid file specification", session=session)
    fails("copy a.txt http://x.org/y", 633, "may not write files over Internet", session=session)
    assert session.run("copy a.txt new.txt, replace") == "(file new.txt not found)\n"
    assert session.run("copy a.txt new.txt, replace public") == ""


def test_folders(session: Session) -> None:
    session.run('mkdir "a b", public')
    assert (session.workspace.cwd / "a b").is_dir()
    fails('mkdir "a b"', 693, "could not create directory a b", session=session)
    session.run('rmdir "a b"')
    assert session.rc == 0 and not (session.workspace.cwd / "a b").exists()
    fails("rmdir nosuch", 601, "directory nosuch not found", session=session)
    session.run("mkdir full\nshell touch full/x")
    fails("rmdir full", 693, "could not remove directory full", session=session)


def test_dir(session: Session) -> None:
    session.run("mkdir sub\nshell touch b.do; head -c 5734 /dev/zero > a.dta")
    lines = session.run("dir").splitlines()
    assert [line.split()[0] for line in lines] == ["5.6k", "0.0k", "<dir>"]
    assert [line.split()[-1] for line in lines] == ["a.dta", "b.do", "sub"]
    assert session.run("ls *.dta").split()[-1] == "a.dta"
    assert session.run("dir, wide").split() == ["a.dta", "b.do", "sub"]
    assert session.run("dir sub") == ""
    fails("dir *.xyz", 601, "file *.xyz not found", session=session)


def test_type(session: Session) -> None:
    (session.workspace.cwd / "f.txt").write_text("a\tb\n*! version 1\n{bf:x}\n")
    (session.workspace.cwd / "f.smcl").write_text("{bf:x} y\n")
    assert session.run("type f.txt") == "a       b\n*! version 1\n{bf:x}\n"
    assert session.run("type f.txt, showtabs lines(1)") == "a<T>b\n"
    assert session.run("type f.txt, starbang") == "*! version 1\n"
    assert session.run("type f.smcl") == "x y\n"
    assert session.run("type f.smcl, asis") == "{bf:x} y\n"
    fails("type nofile", 601, "file nofile not found", session=session)
    fails("type f.txt, lines(0)", 198, session=session)


def test_shell(session: Session) -> None:
    assert session.run("shell echo hello") == "hello\n"
    assert session.run("! echo a && pwd").splitlines()[1] == str(session.workspace.cwd)
    assert session.run("!false") == "" and session.rc == 0
    assert session.run("quietly !echo a") == ""
    fails("shell", 198, session=session)
    session.run("winexec true")
    assert session.rc == 0
    fails("winexec nosuchprogram", 601, "program nosuchprogram not found", session=session)


def test_checksum(session: Session) -> None:
    """POSIX cksum: the empty file and "123456789" (CRC-32/CKSUM check value 0x765E7680, without the length)."""
    assert cksum(b"") == 4294967295
    assert cksum(b"123456789") == 930766865  # printf 123456789 | cksum
    (session.workspace.cwd / "f").write_bytes(b"123456789")
    assert session.run("checksum f") == "Checksum for f = 930766865, size = 9\n"
    assert (session.r["checksum"], session.r["filelen"], session.r["version"]) == (930766865, 9, 2)
    session.run("checksum f, save\nchecksum f, saving(g.sum, replace)")
    assert (session.workspace.cwd / "f.sum").read_text() == "2 9 930766865\n"
    fails("checksum f, save", 602, "file f.sum already exists", session=session)


def test_zip_files(session: Session) -> None:
    folder = session.workspace.cwd
    (folder / "a.txt").write_text("A")
    session.run("mkdir sub\ncopy a.txt sub/b.txt\nzipfile a.txt sub, saving(z)\nerase a.txt\n")
    out = session.run("unzipfile z")
    assert out == (
        "    inflating: a.txt\n    skipping: sub/b.txt (file already exists)\n\n"
        "successfully unzipped z.zip to current directory\n"
        "total processed:  2\n        skipped:  1\n      extracted:  1\n"
    )
    assert (folder / "a.txt").read_text() == "A"
    session.run("unzipfile z, replace")
    assert session.rc == 0
    fails("zipfile a.txt, saving(z)", 602, "file z.zip already exists", session=session)
    fails("zipfile a.txt", 198, "option saving() required", session=session)
    fails("zipfile nofile, saving(q)", 601, "file nofile not found", session=session)
    fails("unzipfile a.txt", 698, "error opening zip file a.txt", session=session)
    fails("unzipfile nofile", 601, "file nofile.zip not found", session=session)


def test_unzip_stays_in_its_folder(session: Session) -> None:
    import zipfile

    with zipfile.ZipFile(session.workspace.cwd / "evil.zip", "w") as archive:
        archive.writestr("../out.txt", "x")
    fails("unzipfile evil", 698, session=session)
    assert not (session.workspace.cwd.parent / "out.txt").exists()


def test_webuse(session: Session, server: str) -> None:
    assert session.run("webuse query") == '(prefix now "https://www.stata-press.com/data/r18")\n'
    assert session.run(f"webuse set {server}/") == f'(prefix now "{server}")\n'
    session.run("webuse small")
    assert session.rc == 0 and session.data.n == 5
    assert session.data.filename == f"{server}/small.dta"
    fails("webuse nosuch, clear", 601, f"file {server}/nosuch.dta not found", session=session)
    session.run("replace ses = 0")
    fails("webuse small", 4, session=session)
    session.run("webuse set www.x.org/y")
    assert session.run("webuse query") == '(prefix now "https://www.x.org/y")\n'
    session.run("webuse set")
    assert session.workspace.settings.webuse == ""


def test_webuse_without_a_network(session: Session, server: str) -> None:
    """What was fetched once stays in the cache; a file put there by hand serves for Stata Press."""
    session.run(f"webuse set {server}\nwebuse small\nwebuse set")
    kept = next((session.workspace.cwd.parent / "cache").rglob("small.dta"))
    (session.workspace.cwd.parent / "cache" / "pystata_hlm" / "datasets" / "mine.dta").write_bytes(
        kept.read_bytes()
    )
    session.run("webuse mine, clear")
    assert session.rc == 0 and session.data.n == 5
    session.run("webuse set http://nosuch.invalid")
    fails("webuse pig, clear", 631, session=session)
    assert session.last_error is not None and session.last_error.message.startswith("host not found\n")


def test_web_addresses(session: Session, server: str) -> None:
    session.run(f"use {server}/small.dta")
    assert session.rc == 0 and session.data.n == 5
    session.run(f'import delimited "{server}/small.csv", clear')
    assert session.rc == 0 and session.data.names == ["id", "ses"]
    session.run(f"copy {server}/small.csv here.csv")
    assert (session.workspace.cwd / "here.csv").is_file()
    fails(f"use {server}/nosuch, clear", 601, f"file {server}/nosuch.dta not found", session=session)


def test_sysuse_dir(session: Session) -> None:
    session.run("sysuse hsb\nkeep in 1/3\nsave mine\nsave my_own")
    session.run("sysuse dir")
    files = session.r["files"].split()
    assert "hsb.dta" in files and "mine.dta" in files and "my_own.dta" not in files
    session.run("sysuse dir, all")
    assert "my_own.dta" in session.r["files"].split()


def test_use_some_variables(session: Session) -> None:
    auto = example("auto.dta")
    session.run(f"use make m*g using {auto} in 1/3")
    assert session.data.names == ["make", "mpg"] and session.data.n == 3
    session.run(f"use make using {auto} if foreign == 1, clear")
    assert session.data.names == ["make"] and session.data.n == 22
    fails(f"use nosuch using {auto}, clear", 111, "variable nosuch not found", session=session)
    (session.workspace.cwd / "bad.dta").write_text("no")
    fails("use bad, clear", 610, "file bad.dta not Stata format", session=session)


def test_describe_using(session: Session) -> None:
    auto = example("auto.dta")
    out = session.run(f"describe using {auto}").splitlines()
    # [D] describe: of a file, the label stands beside "Contains data"
    assert out[1].split("  ")[0] == "Contains data" and out[1].endswith("1978 automobile data")
    assert out[2].split()[:2] == ["Observations:", "74"] and len(session.data.names) == 0
    assert (session.r["N"], session.r["k"]) == (74, 12) and "changed" not in session.r
    session.run(f"describe m* using {auto}, varlist")
    assert session.r["varlist"] == "make mpg"
    assert {"make", "price"} < set(session.run(f"describe using {auto}, simple").split())
    fails("describe using nofile", 601, "file nofile.dta not found", session=session)


def test_describe_replace(session: Session) -> None:
    session.run(f"use {example('auto.dta')}")
    numbered = session.run("describe make mpg, numbers").splitlines()[-2:]
    assert [line.split()[:2] for line in numbered] == [["1.", "make"], ["3.", "mpg"]]
    session.run("describe make mpg, replace")
    assert session.data.names == ["position", "name", "type", "isnumeric", "format", "vallab", "varlab"]
    assert session.data.values("position").tolist() == [1, 3]
    assert session.data.column("name").data.tolist() == [b"make", b"mpg"]
    fails("describe, replace", 4, session=session)
    fails("describe, numbers fullnames", 198, session=session)
