* confirm in all its forms.
* Source: [P] confirm
clear
set obs 5
gen x = _n
gen str3 s = "a"
gen byte b = 1
gen double d = 1
gen strL L = "x"
scalar sc = 1
scalar ss = "t"
matrix M = (1,2)
capture confirm existence
assert _rc == 6
confirm existence abc
capture confirm file nosuch.txt
assert _rc == 601
capture confirm new file nosuchxyz.txt
assert _rc == 0
confirm format %9.0g
capture confirm format bad
assert _rc == 7
confirm numeric format %9.2f
capture confirm string format %9.2f
assert _rc == 7
confirm string format %10s
confirm date format %td
confirm names a b c
capture confirm names 1a
assert _rc == 7
confirm name a
confirm number 5.5
confirm number -1e5
capture confirm number abc
assert _rc == 7
confirm integer number 5
capture confirm integer number 5.5
assert _rc == 7
confirm number .
capture confirm integer number .
assert _rc == 7
confirm matrix M
capture confirm matrix N
assert _rc == 111
confirm scalar sc
capture confirm scalar zz
assert _rc == 111
confirm variable x s
capture confirm variable zz
assert _rc == 111
confirm numeric variable x
capture confirm numeric variable s
assert _rc == 7
confirm string variable s
capture confirm string variable x
assert _rc == 7
confirm float variable x
confirm byte variable b
capture confirm byte variable x
assert _rc == 7
confirm double variable d
confirm str# variable s
confirm str3 variable s
confirm strL variable L
confirm string variable s L
confirm new variable q1 q2
capture confirm new variable x
assert _rc == 110
capture confirm new variable 1x
assert _rc != 0
confirm variable x, exact
gen longname = 1
confirm variable long
capture confirm variable long, exact
assert _rc == 111
confirm frame default
capture confirm frame nof
assert _rc == 111
confirm new frame nof
capture confirm new frame default
assert _rc == 110
capture confirm nonsense x
assert _rc == 198
