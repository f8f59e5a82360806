// Frames of data ([D] frames intro, frame, frlink, frget; [FN] frval): what the manual's entries say, as assertions.
clear all
assert c(frame) == "default"
frame create work
assert c(frame) == "default"
capture frame create work
assert _rc == 110
capture frame change nowhere
assert _rc == 111
capture frame nowhere: count
assert _rc == 111
capture frame create 1x
assert _rc == 198

// the prefix and the block come back to the frame they started from, after errors too
frame work: set obs 5
frame work: generate x = _n
assert c(N) == 0 & c(k) == 0
frame work {
    assert c(frame) == "work"
    generate y = x^2
    if c(frame) == "work" {
        local seen yes
    }
}
assert "`seen'" == "yes"
assert c(frame) == "default"
capture frame work: generate x = 1
assert _rc == 110
assert c(frame) == "default"
capture noisily frame work {
    generate z = 1
    generate z = 2
}
assert _rc == 110
assert c(frame) == "default"
frame work: confirm variable z
frame work: quietly drop z
quietly frame work: summarize y
assert r(sum) == 55
frame work: by x, sort: assert _N == 1

// frames nest; a change of frame inside a block does not outlive it
frame create other
frame work {
    frame change other
    set obs 2
}
assert c(frame) == "default"
frame other: assert _N == 2
frame work: frame other: assert _N == 2

// copy, put, rename, drop, pwf, cwf, mkf, dir
frame copy work twin
frame twin: replace x = -x
frame work: assert x > 0
capture frame copy work twin
assert _rc == 110
frame copy work twin, replace
frame twin: assert x > 0
frame change work
frame put x if y > 4, into(few)
frame few: assert _N == 3 & c(k) == 1
frame put y in 1/2, into(two)
frame two: assert _N == 2
capture frame put x, into(few)
assert _rc == 110
capture frame put nosuch, into(none)
assert _rc == 111
capture frame none: count
assert _rc == 111
pwf
assert r(currentframe) == "work"
cwf default
frame rename work labour
capture frame rename few labour
assert _rc == 110
frame labour: assert _N == 5
frame rename default main
assert c(frame) == "main"
capture frame drop main
assert _rc != 0
mkf scratch
frames dir
assert "`r(frames)'" == "few labour main other scratch twin two"
frame drop few two twin scratch other
frame dir
assert "`r(frames)'" == "labour main"

// posting results
frame create results str8 name double(b se) int n
forvalues i = 1/3 {
    frame post results ("run `i'") (`i'/3) (1/`i') (`i')
}
frame results {
    assert _N == 3
    assert name == "run " + string(_n)
    assert b == _n/3 & se == 1/_n & n == _n
}
capture frame post results ("a") (1) (2)
assert _rc == 198
capture frame post results (1) (1) (2) (3)
assert _rc == 109
frame results: assert _N == 3

// preserve and restore belong to the frame in which they were typed
clear
quietly set obs 4
generate v = _n
preserve
drop in 1
frame labour: preserve
frame labour: drop in 1/2
frame labour: restore
frame labour: assert _N == 5
assert _N == 3
restore
assert _N == 4

// linking
frame create county
frame county {
    input code income str6 name
    10 100 "ten"
    20 200 "twenty"
    30 .a  "thirty"
    end
    label variable income "Median income"
    label define inc 100 "low"
    label values income inc
    note income: from the census
}
clear
input id cc
1 10
2 20
3 10
4 99
5 30
end
frlink m:1 cc, frame(county code)
assert r(unmatched) == 1
assert county == 1 if cc == 10
assert missing(county) if cc == 99
frget income name, from(county)
assert income == 100 if cc == 10
assert income == .a if cc == 30
assert name == "" & income == . if cc == 99
assert "`: variable label income'" == "Median income"
assert "`: value label income'" == "inc"
assert `"`: label (income) 100'"' == "low"
frget m = income, from(county)
assert m == income
frget *, from(county) prefix(c_) exclude(name)
assert "`r(newlist)'" == "c_income"
capture frget income, from(county)
assert _rc == 110
capture frget nosuch, from(county)
assert _rc == 111
capture frget income, from(id)
assert _rc != 0
generate f = frval(county, income)
assert f == income
generate g = frval(county, income, -1) 
assert g == -1 if cc == 99
assert g == 200 if cc == 20
generate str6 s = frval(county, name)
assert s == name
generate o = _frval(county, income, 4 - _n)
assert o[1] == .a & o[2] == 200 & o[3] == 100 & missing(o[4])
quietly count if frval(county, income) == 100
assert r(N) == 2
capture generate h = frval(county, nosuch)
assert _rc == 111
capture generate h = _frval(nosuch, income, 1)
assert _rc == 111
frlink dir
assert r(n_vars) == 1 & "`r(vars)'" == "county"
frlink describe county

// a link that the data have left behind is refused until it is rebuilt
frame county: gsort -code
capture frget again = income, from(county)
assert _rc == 459
frlink rebuild county
frget again = income, from(county)
assert again == income

// 1:1 needs unique keys on both sides, m:1 on the other side
capture frlink 1:1 cc, frame(county code) generate(k)
assert _rc == 459
frlink 1:1 id, frame(county code) generate(k)
assert missing(k)
frame county: quietly expand 2
capture frlink m:1 cc, frame(county code) generate(k2)
assert _rc == 459
capture frlink m:1 cc, frame(nosuch) generate(k2)
assert _rc == 111
capture frlink m:1 cc, frame(county) generate(k2)
assert _rc == 111
capture frlink m:1 cc, frame(county name) generate(k2)
assert _rc == 106
capture confirm variable k2
assert _rc == 111

// a frame with a temporary name goes with its program
program define uses_frame, rclass
    tempname hold
    frame create `hold'
    frame `hold' {
        quietly set obs 7
        return scalar n = _N
    }
    return local name "`hold'"
end
uses_frame
assert r(n) == 7
local gone `r(name)'
capture frame `gone': count
assert _rc == 111
assert c(frame) == "main"

// clear clears the current frame, clear frames and frames reset all of them
clear
frame labour: assert _N == 5
clear frames
assert c(frame) == "default"
capture frame labour: count
assert _rc == 111
frame create last
frames reset
frames dir
assert "`r(frames)'" == "default"
