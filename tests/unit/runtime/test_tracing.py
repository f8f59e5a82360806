"""set trace: begin and end of programs, each line with a minus sign, its expansion with an equals sign ([P] trace)."""

from support import Session

PROGRAM = """program sub
args x
if `x' > 1 {
display "big `x'"
}
end
program simple
forvalues k = 1/2 {
sub `k'
}
end
"""


def marks(out: str) -> list[str]:
    return [line.strip() for line in out.splitlines() if line.lstrip().startswith(("- ", "= "))]


def test_lines_and_their_expansions():
    s = Session()
    s.run(PROGRAM)
    out = s.run("set trace on\nsimple\nset trace off")
    assert marks(out) == [
        "- forvalues k = 1/2 {",
        "- sub `k'",
        "= sub 1",
        "- args x",
        "- if `x' > 1 {",
        "= if 1 > 1 {",
        "- sub `k'",
        "= sub 2",
        "- args x",
        "- if `x' > 1 {",
        "= if 2 > 1 {",
        '- display "big `x\'"',
        '= display "big 2"',
    ]
    assert out.splitlines()[0].endswith("- begin simple ---")
    assert out.splitlines()[-1].endswith("- end simple ---")
    assert max(map(len, out.splitlines())) == 79
    assert "big 2\n" in out
    assert s.run("simple") == "big 2\n"


def test_settings():
    s = Session()
    s.run(PROGRAM + "set trace on\nset tracedepth 1\nset traceexpand off\nset tracesep off")
    assert marks(s.run("simple")) == ["- forvalues k = 1/2 {", "- sub `k'", "- sub `k'"]
    assert s.run("display c(trace) c(tracedepth) c(tracesep)").strip() == "on1off"


def test_expanding_for_the_eye_changes_nothing():
    s = Session()
    s.run("set trace on\nlocal i = 0\nforvalues k = 1/3 {\nlocal j `++i'\n}\nset trace off")
    assert s.executor.frame.locals["i"] == "3"


def test_pause_goes_on():
    s = Session()
    assert s.run("pause nothing") == ""
    assert s.run("pause on\npause look here\npause off\npause again") == "pause:  look here\n"
