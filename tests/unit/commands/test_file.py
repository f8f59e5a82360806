"""file: text and binary files. r(status) values as documented in [P] file: win, mac, unix, split, none, eof."""

import struct
from pathlib import Path

import pytest
from support import Session, fails


def test_text_written(tmp_path: Path):
    s = Session(cwd=tmp_path)
    s.run(
        "file open fh using x.txt, write text\n"
        'file write fh "one" _n `"say "hi""\' _tab (1/3) %6.2f (2/3) _col(30) "c" _newline(2)\n'
        'file write fh _dup(3) "ab" _skip(2) ("x"+"y") _char(65) _n\nfile close fh'
    )
    assert s.rc == 0
    lines = (tmp_path / "x.txt").read_text().split("\n")
    assert lines == ["one", 'say "hi"\t.33333333  0.67     c', "", "ababab  xyA", ""]
    assert lines[1].index("c") == 29


def test_append_and_replace(tmp_path: Path):
    s = Session(cwd=tmp_path)
    for options in ("write", "write append", "append write"):
        s.run(f'file open fh using x.txt, {options}\nfile write fh "a" _n\nfile close fh')
    assert (tmp_path / "x.txt").read_text() == "a\na\na\n"
    s.run('file open fh using x.txt, write replace\nfile write fh "b"\nfile close fh')
    assert (tmp_path / "x.txt").read_text() == "b"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"a\nb\n", [("a", "unix"), ("b", "unix")]),
        (b"a\r\nb", [("a", "win"), ("b", "none")]),
        (b"a\rb\r", [("a", "mac"), ("b", "mac")]),
        (b"", []),
    ],
)
def test_lines_and_status(content: bytes, found: list[tuple[str, str]], tmp_path: Path):
    (tmp_path / "x.txt").write_bytes(content)
    s = Session(cwd=tmp_path)
    s.run("file open fh using x.txt, read")
    for text, status in found:
        assert s.run('file read fh line\ndisplay "`line\'"').strip() == text
        assert (s.r["status"], s.r["eof"]) == (status, 0)
    s.run("file read fh line")
    assert (s.r["status"], s.r["eof"]) == ("eof", 1)


def test_reading_loop_keeps_macros_unexpanded(tmp_path: Path):
    (tmp_path / "x.do").write_text("di `x' $y\nend\n")
    s = Session(cwd=tmp_path)
    out = s.run(
        "file open fh using x.do, read\nfile read fh line\nwhile r(eof)==0 {\n"
        "display `\"[`macval(line)']\"'\nfile read fh line\n}\nfile close fh"
    )
    assert out.split("\n")[:2] == ["[di `x' $y]", "[end]"]


def test_binary_round_trip(tmp_path: Path):
    s = Session(cwd=tmp_path)
    s.run(
        "file open b using b.bin, write binary\nfile set b byteorder hilo\n"
        'file write b %4b (258) %8z (_pi) %1bu (200) %2bs (-3) %5s "abc"\nfile close b'
    )
    assert (tmp_path / "b.bin").read_bytes() == struct.pack(
        ">idBh5s", 258, 3.141592653589793, 200, -3, b"abc"
    )
    out = s.run(
        "file open b using b.bin, read binary\nfile set b byteorder 1\nfile read b %4b x %8z y %1bu z %2b w %5s m\n"
        'display x y z w "`m\'"'
    )
    assert out.strip() == "2583.1415927200-3abc"
    assert (s.r["N"], s.r["eof"]) == (20, 0)
    s.run("file read b %1b q")
    assert s.r["eof"] == 1


def test_seek(tmp_path: Path):
    (tmp_path / "x.txt").write_text("abc\ndef\n")
    s = Session(cwd=tmp_path)
    s.run("file open f using x.txt, read\nfile seek f eof")
    assert s.r["loc"] == 8
    s.run("file seek f 4\nfile read f l")
    assert s.executor.frame.locals["l"] == "def"
    s.run("file seek f tof\nfile seek f query")
    assert s.r["loc"] == 0


OPEN = "file open f using x.txt, write\n"


@pytest.mark.parametrize(
    ("lines", "rc", "message"),
    [
        ("file open f using none.txt, read", 601, "file none.txt not found"),
        (OPEN + "file open f using y.txt, write", 110, "file handle f already exists"),
        (OPEN + "file open g using x.txt, write", 602, "file x.txt already exists"),
        ("file open f using x.txt", 198, "must specify option read or write"),
        ("file open f, write", 100, "using required"),
        ('file write nosuch "a"', 111, "file handle nosuch not found"),
        ("file close nosuch", 111, "file handle nosuch not found"),
        (OPEN + "file write f abc", 198, "invalid syntax"),
        (OPEN + "file write f (nosuch)", 111, "nosuch not found"),
        (OPEN + "file seek f 99", 651, "may not seek past end of file"),
        ("file foo", 198, "invalid 'foo' "),
        (
            "file open f using x.txt, write replace append",
            184,
            "options replace and append may not be combined",
        ),
    ],
)
def test_errors(lines: str, rc: int, message: str, tmp_path: Path):
    fails(lines, rc, message, session=Session(cwd=tmp_path))


def test_handles_of_a_program_close_with_it(tmp_path: Path):
    s = Session(cwd=tmp_path)
    s.run("program p\ntempname h\nfile open `h' using x.txt, write replace\nfile write `h' \"a\"\nend\np\np")
    assert s.rc == 0
    assert s.workspace.files == {}
    s.run("file open k using y.txt, write\nclear all")
    assert s.workspace.files == {}
