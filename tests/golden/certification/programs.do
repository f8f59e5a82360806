* Programs, in the style of a certification script: every claim is an assert.
* Sources: [P] program, syntax, gettoken, tokenize, mark, return, ereturn, byable, macro; [U] 18
clear
set obs 20
generate id = _n
generate g = mod(_n, 4) + 1
generate double y = id^2
replace y = . in 3
generate str4 s = cond(id < 5, "", "abcd")

* arguments
capture program drop _all
program echo_args, rclass
    version 12
    args one two
    return local one `"`one'"'
    return local two `"`two'"'
    return local zero `"`0'"'
    local n 0
    while `"`1'"' != "" {
        local ++n
        macro shift
    }
    return scalar n = `n'
end
echo_args a "b c"   d
assert "`r(one)'" == "a" & "`r(two)'" == "b c" & r(n) == 3
assert `"`r(zero)'"' == `"a "b c"   d"'

* syntax, marksample, rclass
program centre, rclass byable(recall) sortpreserve
    syntax varlist(numeric min=1) [if] [in] [fweight] [, Generate(name) Statistic(string) noPRint Level(cilevel) *]
    marksample touse
    quietly count if `touse'
    if r(N) == 0 error 2000
    local N = r(N)
    if "`statistic'" == "" local statistic mean
    local print = cond("`print'" == "", 1, 0)
    gettoken first rest : varlist
    quietly summarize `first' if `touse' [`weight'`exp'], detail
    local value = r(`statistic')
    if "`generate'" != "" {
        confirm new variable `generate'
        generate `generate' = `first' - `value' if `touse'
    }
    gsort -`first'
    return scalar value = `value'
    return scalar N = `N'
    return local options `"`options'"'
    return local level `level'
    return scalar print = `print'
end
centre y
assert r(N) == 19 & r(print) == 1 & `r(level)' == 95
centre y if id > 10 in 1/15, s(p50) nopr level(90) other(1 2) more
assert r(N) == 5 & r(print) == 0 & "`r(options)'" == "other(1 2) more" & "`r(level)'" == "90"
assert r(value) == 169
centre y, gen(dev)
assert id == _n
quietly summarize dev
assert abs(r(mean)) < 1e-4
drop dev
capture centre s
assert _rc == 109
capture centre y, generate(1bad)
assert _rc == 198
capture centre y, gen(g)
assert _rc == 110
capture centre
assert _rc == 100
capture centre y if id > 100
assert _rc == 2000
bysort g (id): centre y
assert r(N) == 4

* errors leave, preserve comes back, temporary objects go
program breaks
    preserve
    tempvar t
    generate `t' = 1
    drop y
    exit 459
end
capture breaks
assert _rc == 459
confirm variable y
capture describe __*
assert _rc == 111

* gettoken and tokenize
local line `""one two" three, four(five six) seven"'
gettoken a rest : line
gettoken b rest : rest, parse(" ,")
gettoken c rest : rest, parse(" ,")
gettoken d rest : rest, bind
assert "`a'|`b'|`c'|`d'|`rest'" == "one two|three|,|four(five six)| seven"
tokenize "x=y+z", parse("=+")
assert "`1'`2'`3'`4'`5'`6'" == "x=y+z"

* eclass: post, and what works on posted results
program fits, eclass
    syntax varlist(min=2) [if]
    marksample touse
    gettoken y x : varlist
    tempname b V
    quietly regress `y' `x' if `touse'
    matrix `b' = e(b)
    matrix `V' = e(V)
    local N = e(N)
    local dof = e(df_r)
    ereturn post `b' `V', depname(`y') obs(`N') dof(`dof') esample(`touse')
    ereturn scalar extra = 5
    ereturn local cmd fits
end
quietly regress y id g
scalar b0 = _b[id]
scalar se0 = _se[g]
fits y id g
assert reldif(_b[id], b0) < 1e-12 & reldif(_se[g], se0) < 1e-12
assert e(N) == 19 & e(extra) == 5 & "`e(cmd)'" == "fits" & "`e(depvar)'" == "y"
count if e(sample)
assert r(N) == 19
quietly test id
scalar F1 = r(F)
assert reldif(F1, (_b[id]/_se[id])^2) < 1e-12
ereturn clear
assert e(N) == .

* sclass
program parts, sclass
    sreturn clear
    sreturn local first : word 1 of `0'
    sreturn local count : word count `0'
end
parts alpha beta gamma
assert "`s(first)'" == "alpha" & "`s(count)'" == "3"

* programs call programs; locals are private; macros of the caller by name
program outer, rclass
    local x 1
    inner y
    return local x `x'
    return local y `y'
    return add
end
program inner, rclass
    local x 2
    c_local `1' 3
    return scalar inside = 1
end
outer
assert "`r(x)'" == "1" & "`r(y)'" == "3" & r(inside) == 1

* by, called once
program once, byable(onecall) rclass
    return local vars `_byvars'
    return scalar by = _by()
end
by g: once
assert "`r(vars)'" == "g" & r(by) == 1
once
assert "`r(vars)'" == "" & r(by) == 0

* a program whose body stands in braces; a coefficient in quotes; a blank line before else
program braced, rclass
{
    syntax varlist [, b(string)]
    quietly regress `varlist'
    return scalar b = _b["`b'"]
}
end
braced y id, b(id)
assert r(b) == _b[id]
if "`c(username)'" == "nobody at all" {
    local branch 1
}

else if 0 {
    local branch 2
}

else local branch 3
assert `branch' == 3
#delimit ;
local steps a b c;
forvalues i = 1/`: word count `steps'' {; local s`i' : word `i' of `steps'; };
#delimit cr
assert "`s1'`s2'`s3'" == "abc"

* "text":label is the number that the label gives the text ([U] 13.11)
label define answer 0 "no" 1 "yes: sure" .a "refused"
assert "yes: sure":answer == 1 & "refused":answer == .a & "nothing":answer == . & "yes":nolabel == .
generate reply = cond(_n <= 5, "yes: sure":answer, "no":answer)
count if reply == "yes: sure":answer
assert r(N) == 5

* capture takes exit with a code; nobreak and break
program leaves
    capture {
        exit 12
    }
    c_local code = _rc
end
leaves
assert `code' == 12
nobreak {
    break local inside 1
}
assert `inside' == 1
