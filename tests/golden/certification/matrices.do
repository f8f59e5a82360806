* Scalars and matrices.
* Sources: [P] scalar, matrix define, matrix accum, matrix mkmat, matrix score, matrix svd; [U] 14
matrix A = (1,2\3,4)
assert A[1,2]==2 & rowsof(A)==2
matrix B = A'
assert B[1,2]==3
matrix C = A*B + 2*I(2)
assert C[1,1]==7
matrix D = A # I(2)
assert rowsof(D)==4
matrix E = inv(A)
assert reldif(E[1,1],-2)<1e-12
matrix S = (4,2\2,3)
matrix F = cholesky(S)
assert F[1,1]==2 & F[1,2]==0
matrix G = invsym(S)
assert reldif(G[1,1],.375)<1e-12
matrix H = J(2,3,.)
assert colsof(H)==3 & H[1,1]==.
matrix v = vecdiag(S)
assert v[1,2]==3
matrix d = diag((1,2,3))
assert d[3,3]==3 & d[1,2]==0
assert trace(d)==6 & det(d)==6
matrix K = A \ (5,6)
assert rowsof(K)==3
matrix K = A , (5\6)
assert colsof(K)==3
matrix L = nullmat(QQ) \ (1,2)
matrix L = nullmat(L) \ (3,4)
assert rowsof(L)==2
matrix rownames A = r1 r2
matrix colnames A = c1 c2
assert A["r2","c1"]==3
matrix sub = A["r1",1...]
assert colsof(sub)==2
matrix sub2 = A[1..2,"c2"]
assert rowsof(sub2)==2 & sub2[2,1]==4
matrix A[1,1] = 100
assert A[1,1]==100
matrix A[1,1] = (9,8)
assert A[1,2]==8
matrix X = A
matrix rename X Y
capture matrix list X
assert _rc==111
matrix coleq A = e1 e2
assert "`:coleq A'"=="e1 e2"
matrix roweq A = q
assert "`:roweq A'"=="q q"
assert "`:colfullnames A'"=="e1:c1 e2:c2"
matrix sm = A["q:","e1:"]
matrix svd U W V = S
matrix symeigen XV lam = S
assert reldif(lam[1,1]+lam[1,2],7)<1e-12
matrix eigenvalues re im = S
matrix sweep1 = sweep(S,1)
assert sweep1[1,1]==.25
matrix vv = vec(S)
assert rowsof(vv)==4
matrix vh = vech(S)
assert rowsof(vh)==3
matrix hd = hadamard(S,S)
assert hd[1,1]==16
assert mreldif(S,S)==0
assert issymmetric(S)==1 & matmissing(H)==1 & matmissing(S)==0
matrix drop hd vh
capture matrix drop nosuch
matrix input Z = (1,2\3,4)
assert Z[2,1]==3
matrix Q = (1,2,3)/2
assert Q[1,3]==1.5
matrix R = -Q
assert R[1,1]==-.5
matrix T = Q + R
assert T[1,2]==0
capture matrix T = Q + S
assert _rc==503
capture matrix T = Q*Q
assert _rc==503
capture matrix T = nosuch*2
assert _rc==111
capture matrix T = cholesky((1,2\2,1))
assert _rc==506
capture matrix T = (1,2\3)
assert _rc==503
scalar s = 5
matrix U2 = s*A
matrix U3 = (s, s+1)
assert U3[1,2]==6
matrix U4 = A[2,1]
assert U4[1,1]==3
scalar k = A[2,2]
assert k==4
display A[1,1] + 1
local a11 = A[1,1]
assert `a11'==9
clear
set obs 6
generate price = 10*_n
generate mpg = mod(_n, 4) + 1
generate weight = _n^2
mkmat price mpg if _n<=3, matrix(PM)
assert rowsof(PM)==3 & colsof(PM)==2
mkmat mpg in 1/4
assert mpg[2,1]==3
matrix accum XX = price mpg
assert rowsof(XX)==3 & XX[3,3]==6 & XX[1,3]==210
matrix accum XD = price mpg, deviations noconstant means(M)
assert M[1,1]==35 & XD[1,1]==1750
matrix vecaccum VA = price mpg weight
assert colsof(VA)==3 & VA[1,3]==210
svmat PM, names(z)
assert z1[1]==10 & z2[2]==3 & z1[4]==.
regress price mpg weight
matrix b = e(b)
matrix V = e(V)
assert b[1,1]==_b[mpg] & reldif(V[2,2], _se[weight]^2) < 1e-12
matrix b2 = get(_b)
assert b2[1,3]==_b[_cons]
matrix V2 = get(VCE)
assert mreldif(V, V2)==0
matrix score xb = b
assert reldif(xb[1], _b[mpg]*mpg[1]+_b[weight]*weight[1]+_b[_cons])<1e-6
scalar define q = 3
assert scalar(q) == 3
scalar drop q
capture scalar list q
assert _rc==111
scalar str = "abc"
assert str=="abc"
