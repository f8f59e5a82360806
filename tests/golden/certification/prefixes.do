* Prefixes and commands that repeat commands.
* Sources: [D] by, statsby; [R] simulate, permute, jackknife, bootstrap, xi, nestreg, stepwise; [TS] rolling; [P] byable,
* capture, quietly, version
clear
set obs 40
set seed 5
generate g = mod(_n, 2)
generate long t = _n
generate x = rnormal()
generate w = rnormal()
generate y = 2*x + g + rnormal()
generate k = mod(_n, 3) + 1
* by in its forms
bysort g (t): generate first = x[1]
by g: assert first == x[1]
by g, sort: generate n = _N
assert n == 20
gsort -x
capture by g: generate z = 1
assert _rc == 5
sort t
capture by nosuch: generate z = 1
assert _rc == 111
capture by t: nosuchcommand
assert _rc == 199
program needs, byable(recall) rclass
    syntax varlist [if] [in]
    marksample touse
    quietly count if `touse' & k == 1 & g == 1
    if r(N) == 0 error 459
    return scalar index = _byindex()
    return scalar last = _bylastcall()
end
sort g t
capture by g: needs x
assert _rc == 459
by g, rc0: needs x
assert _rc == 459 | _rc == 0
assert r(index) == 2 & r(last) == 1
* statsby
preserve
statsby mean = r(mean) n = r(N), by(g) clear nodots: summarize y
assert _N == 2 & n == 20
restore
preserve
statsby _b _se, by(g) clear nodots: regress y x
assert _N == 2
confirm variable _b_x _se_cons
restore
* rolling
preserve
sort t
tsset t
rolling _b, window(10) clear nodots: regress y x
assert _N == 31
restore
* simulate and permute
program draws, rclass
    drop _all
    set obs 10
    generate z = rnormal()
    summarize z
    return scalar m = r(mean)
end
preserve
simulate m = r(m), reps(7) nodots seed(1): draws
assert _N == 7 & !missing(m)
restore
permute y difference = (r(mu_2) - r(mu_1)), reps(15) nodots seed(1): ttest y, by(g)
assert inrange(r(p_twosided)[1,1], 0, 1)
matrix obs = r(b)
quietly ttest y, by(g)
assert reldif(obs[1,1], r(mu_2) - r(mu_1)) < 1e-12
* jackknife: the jackknife standard error of a mean is its usual one
jackknife mean = r(mean), nodots: summarize y
matrix V = e(V)
quietly summarize y
assert reldif(V[1,1], r(Var)/r(N)) < 1e-10
* bootstrap leaves the estimates of the command
quietly regress y x w
scalar b = _b[x]
bootstrap _b, reps(8) seed(1) nodots: regress y x w
assert reldif(_b[x], b) < 1e-12 & e(N_reps) == 8
* xi
xi: regress y i.k
confirm variable _Ik_2 _Ik_3
assert _Ik_2 == (k == 2)
xi i.g*x
confirm variable _Ig_1 _IgXx_1
assert _IgXx_1 == g*x
* nestreg and stepwise
nestreg: regress y (x) (w g)
assert e(N) == 40
stepwise, pr(.2): regress y x w g
assert e(N) == 40
* stacks of prefixes
quietly noisily summarize y
assert r(N) == 40
capture quietly by g: summarize y
assert _rc == 0 | _rc == 5
qui: cap: summarize nosuch
assert _rc == 111
version 14: summarize y
assert r(N) == 40 & c(version) == c(stata_version)
frame create other
frame other: set obs 3
frame other {
    generate a = 1
}
assert _N == 40
nobreak {
    break local b1 1
}
assert `b1' == 1
* recognised, and not supported yet
foreach p in "svy:" "mi estimate:" "collect:" "bayes:" "fp <x>:" {
    capture `p' regress y x
    assert _rc == 199
}
* for
for var x w: replace X = 0
assert x == 0 & w == 0
for num 1/3: generate fX = X
assert f1 == 1 & f3 == 3
for any p q \ num 1 2: generate X = Y
assert p == 1 & q == 2
