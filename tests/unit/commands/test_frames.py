"""frame, cwf, mkf, pwf, frlink, frget: what they print and their errors. What they do: certification/frames.do.

Texts: Pitblado, "Linking frames in Stata" (2025 Northern European Stata Conference), the pages on frames of stata.com
(features/overview/multiple-datasets-in-memory) and on alias variables (tstat.it), and errickson.net/workshop-stata-16.
"""

from __future__ import annotations

import pytest
from support import Session, fails

TWO = (
    "set obs 3\ngenerate id = _n\nframe create other\nframe other {\nset obs 2\ngenerate id = _n\n"
    "generate code = 10*_n\n}\n"
)


def two() -> Session:
    session = Session()
    session.run(TWO)
    assert session.rc == 0, session.text()
    return session


@pytest.mark.parametrize("line", ["frame", "frame pwf", "pwf", "frames pwf"])
def test_current_frame(line: str) -> None:
    session = Session()
    assert session.run(line) == "  (current frame is default)\n"
    assert session.r["currentframe"] == "default"


def test_dir_shows_sizes_and_labels() -> None:
    session = Session()
    session.run("sysuse hsb\nframe create play")
    assert session.run("frames dir") == (
        "  default  7185 x 11; High School and Beyond, 1982: 7,185 students in 160 schools\n"
        "  play        0 x 0\n"
    )
    session.run("frame play: set obs 12")
    session.run("frame play: generate x = 1")
    out = session.run("frame dir")
    assert out.splitlines()[1:] == [
        "* play       12 x 1",
        "",
        "Note: Frames marked with * contain unsaved data.",
    ]
    assert session.r["frames"] == "default play" and session.r["changed"] == "play"


def test_block_is_shown_line_by_line() -> None:
    """As in Pitblado's slides: the prompt, the line, what it prints, the closing brace after a prompt."""
    session = Session()
    out = session.run("frame default {\nclear\nset obs 2\n}", echo=True)
    assert out.splitlines()[1:] == [
        ". frame default {",
        ". clear",
        ". set obs 2",
        "Number of observations (_N) was 0, now 2.",
        ". }",
    ]


def test_prefixes_around_the_frame_prefix() -> None:
    session = two()
    assert session.run("quietly frame other: summarize id") == ""
    assert session.r["N"] == 2
    assert session.run("frame other: quietly: by id, sort: summarize code") == ""
    session.run("frame other: capture nosuch")
    assert session.workspace.rc == 199 and session.workspace.frame == "default"
    session.run("local f other\nforeach x in other default {\nframe `x': generate z = 1\n}")
    assert session.rc == 0 and "z" in session.data and "z" in session.workspace.other_frames["other"]


def test_estimates_outlive_a_change_of_frame() -> None:
    session = Session()
    session.run("sysuse hsb\nregress mathach ses\nframe create x\nframe change x")
    assert session.e["N"] == 7185 and not session.workspace.e_sample().any()
    session.run("frame change default\ncount if e(sample)")
    assert session.r["N"] == 7185


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("frame create other", 110, "frame other already exists"),
        ("mkf other", 110, "frame other already exists"),
        ("frame change nosuch", 111, "frame nosuch not found"),
        ("cwf nosuch", 111, "frame nosuch not found"),
        ("frame nosuch: count", 111, "frame nosuch not found"),
        ("frame drop nosuch", 111, "frame nosuch not found"),
        ("frame rename nosuch x", 111, "frame nosuch not found"),
        ("frame rename other default", 110, "frame default already exists"),
        ("frame copy nosuch x", 111, "frame nosuch not found"),
        ("frame copy default other", 110, "frame other already exists"),
        ("frame put id, into(other)", 110, "frame other already exists"),
        ("frame put id", 198, "option into() required"),
        ("frame put, into(x)", 100, "varlist required"),
        ("frame create 2x", 198, "2x invalid name"),
        ("frame create", 198, "invalid syntax"),
        ("frame nosuch", 199, "subcommand frame nosuch is unrecognized"),
        ("frame post nosuch (1)", 111, "frame nosuch not found"),
        ("frames save all", 199, "command frames save not yet supported"),
        ("frames use all", 199, "command frames use not yet supported"),
        ("frame drop default", 110, None),
        ("fralias add code, from(other)", 199, "command fralias not yet supported"),
        ("frlink m:1 id, frame(nosuch)", 111, "frame nosuch not found"),
        ("frlink m:1 nosuch, frame(other)", 111, "variable nosuch not found"),
        ("frlink m:1 id", 198, "option frame() required"),
        ("frlink 1:m id, frame(other)", 198, None),
        ("frlink m:1 id, frame(other) generate(id)", 110, "variable id already defined"),
        ("frlink describe id", 198, "id is not a link variable"),
        ("frget code, from(id)", 198, "id is not a link variable"),
        ("frget code", 198, "option from() required"),
        ("generate x = frval(id, code)", 198, "id is not a link variable"),
        ("generate x = frval(other)", 198, "invalid syntax"),
    ],
)
def test_errors(line: str, code: int, message: str | None) -> None:
    session = fails(TWO + line, code, message)
    assert session.workspace.frame_names() == ["default", "other"]
    assert session.workspace.other_frames["other"].names == ["id", "code"]


def test_linking_says_what_matched() -> None:
    """Alias variables across frames (tstat.it): ``(all observations in frame default matched)``."""
    session = two()
    assert session.run("frlink m:1 id, frame(other)") == "  (1 observation in frame default unmatched)\n"
    assert session.r["unmatched"] == 1
    assert session.run("frget *, from(other)") == (
        "  (variable not copied from linked frame: id)\n  (1 variable copied from linked frame)\n"
    )
    session.run("drop other code\ndrop in 3")
    assert session.run("frlink 1:1 id, frame(other)") == "  (all observations in frame default matched)\n"
    assert "frlink 1:1 id, frame(other)" in session.run("frlink dir")
    assert "Linkage is up to date." in session.run("frlink describe other")


def test_links_survive_a_file(tmp_path) -> None:  # type: ignore[no-untyped-def]
    session = two()
    session.workspace.cwd = tmp_path
    session.run("frlink m:1 id, frame(other)\nsave linked\nuse linked, clear\nfrget code, from(other)")
    assert session.rc == 0 and session.data.values("code")[:2].tolist() == [10, 20]


def test_an_error_in_a_program_comes_back_to_the_frame() -> None:
    session = two()
    session.run(
        "program define breaks\nframe change other\nreplace code = 0\nerror 111\nend\ncapture statsby, by(id) clear: breaks"
    )
    assert session.workspace.frame == "default" and session.data.names == ["id"]


def test_preserve_in_a_program_is_restored_in_its_frame() -> None:
    session = two()
    session.run("program define p\nframe change other\npreserve\ndrop _all\nframe change default\nend\np")
    assert session.rc == 0 and session.workspace.other_frames["other"].names == ["id", "code"]
    fails("restore", 622, "nothing to restore", session=session)
