* Flow of control, in the style of a certification script: every claim is an assert.
* Sources: [P] if, foreach, forvalues, while, continue, capture, assert, error; [U] 18.3
clear
set obs 10
generate x = _n
generate y = 11 - _n

* forvalues: every range form
local sum 0
forvalues i = 1/10 {
    local sum = `sum' + `i'
}
assert `sum' == 55
local list
forvalues i = 10(-3)1 {
    local list `list' `i'
}
assert "`list'" == "10 7 4 1"
local list
forvalues i = 5 10 to 20 {
    local list `list' `i'
}
assert "`list'" == "5 10 15 20"
local n 0
forvalues i = 3/1 {
    local ++n
}
assert `n' == 0
assert "`i'" == ""

* foreach
local list
foreach v of varlist x-y {
    quietly summarize `v'
    local list `list' `r(mean)'
}
assert "`list'" == "5.5 5.5"
local n 0
foreach w in a "b c" `"d "e" f"' {
    local ++n
    local last `"`w'"'
}
assert `n' == 3
assert `"`last'"' == `"d "e" f"'
local names
foreach v of newlist z1-z3 {
    generate `v' = 1
    local names `names' `v'
}
assert "`names'" == "z1 z2 z3"
drop z1-z3

* nested loops, continue and break
local seen
forvalues i = 1/4 {
    if mod(`i', 2) continue
    forvalues j = 1/9 {
        if `j' > `i' continue, break
        local seen `seen' `i'`j'
    }
}
assert "`seen'" == "21 22 41 42 43 44"
local i 0
while `i' < 100 {
    local ++i
    if `i' == 7 {
        continue, break
    }
}
assert `i' == 7

* if and else chains, in braces and on one line
foreach k in 1 2 3 4 {
    if `k' == 1 {
        local r`k' one
    }
    else if `k' == 2 {
        local r`k' two
    }
    else if `k' == 3 local r`k' three
    else {
        local r`k' many
    }
}
assert "`r1' `r2' `r3' `r4'" == "one two three many"
if . local missing true
assert "`missing'" == "true"
local t 0
if 0 local t 1
else if 0 local t 2
else local t 3
assert `t' == 3

* capture and _rc
capture error 459
assert _rc == 459
capture noisily quietly generate x = 1
assert _rc == 110
capture assert x == y
assert _rc == 9
capture assert x > 0
assert _rc == 0
capture {
    local before 1
    confirm variable nosuch
    local after 1
}
assert _rc == 111 & "`before'" == "1" & "`after'" == ""
capture confirm integer number 3.5
assert _rc == 7
capture confirm new variable x
assert _rc == 110
capture nosuchcommand
assert _rc == 199

* an error undoes what its command did
capture replace x = x + nosuch
assert x == _n
sort y
capture generate z = 1/
assert _rc == 198
capture confirm variable z
assert _rc == 111

* preserve and restore
preserve
drop if x > 5
assert _N == 5
restore
assert _N == 10
preserve
keep in 1
restore, not
assert _N == 1
