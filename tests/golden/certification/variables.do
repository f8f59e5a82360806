* Variable lists, names, new varlists, number lists, time-series operators.
* Sources: [U] 11.3, 11.4; [D] input, rename; [P] numlist
clear
set obs 4
gen a = 1
gen ab = 2
gen abc = 3
gen b1 = 1
gen b2 = 2
gen b10 = 3
gen str5 s = "x"
gen été = 5
ds b*
assert "`r(varlist)'"=="b1 b2 b10"
ds b?
assert "`r(varlist)'"=="b1 b2"
ds a-b2
assert "`r(varlist)'"=="a ab abc b1 b2"
unab v : a~c
assert "`v'"=="abc"
capture summarize nos
assert _rc==111
capture summarize b
assert _rc==111
gen longvariable = 1
summarize longv
set varabbrev off
capture summarize longv
assert _rc==111
set varabbrev on
capture gen 1x = 1
assert _rc==198
capture gen if = 1
assert _rc==198
capture gen byte = 1
assert _rc==198
capture gen _n = 1
assert _rc==198
capture gen _all = 1
assert _rc==198
capture gen abcdefghijklmnopqrstuvwxyzabcdefg = 1
assert _rc==198
gen abcdefghijklmnopqrstuvwxyzabcdef = 1
assert été==5
gen x1 = 1
gen x2 = 2
gen x3 = 3
egen tot = rowtotal(x1-x3)
assert tot==6
drop x*
capture confirm variable x1
assert _rc==111
input y1-y3
1 2 3
end
assert y3[1]==3
gen t = _n
tsset t
gen l = L.t
gen f2 = F2.t
gen d = D.t
gen s2 = S2.t
gen ll = L1.L1.t
assert l[2]==1 & f2[1]==3 & d[3]==1 & s2[3]==2 & ll[3]==1
foreach n of numlist 1/3 5 7(2)11 4 3 : 1 10 20 to 40 {
 local nl `nl' `n'
}
assert "`nl'"=="1 2 3 5 7 9 11 4 3 2 1 10 20 30 40"
foreach n of numlist 5(-1)3 {
 local dn `dn' `n'
}
assert "`dn'"=="5 4 3"
foreach n of numlist -2/2 .5 1e2 {
 local mn `mn' `n'
}
assert "`mn'"=="-2 -1 0 1 2 .5 100"
keep a - abc
order abc, first
rename (a ab) (p q)
rename p* z*
capture rename nosuch y
assert _rc==111
capture rename q abc
assert _rc==110
drop _all
assert _N==0
