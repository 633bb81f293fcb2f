package crypto_test

import (
	"crypto/sha512"
	"math/big"
	"slices"
)

// A slow Edwards25519 over big.Int, straight from RFC 8032, to craft keys and signatures that no signer makes.

var (
	fieldP = sub(shift(1, 255), 19)
	orderL = add(shift(1, 252), number("27742317777372353535851937790883648493"))
	curveD = modP(mul(big.NewInt(-121665), invert(big.NewInt(121666)))) // -x^2 + y^2 = 1 + d x^2 y^2
	baseB  = point{recoverX(number("46316835694926478169428394003475163141307993866256225615783033603165251855960"), 0),
		number("46316835694926478169428394003475163141307993866256225615783033603165251855960")}
	neutral = point{big.NewInt(0), big.NewInt(1)}
)

func number(s string) *big.Int               { n, _ := new(big.Int).SetString(s, 10); return n }
func shift(n int64, bits uint) *big.Int      { return new(big.Int).Lsh(big.NewInt(n), bits) }
func add(a, b *big.Int) *big.Int             { return new(big.Int).Add(a, b) }
func sub(a *big.Int, b int64) *big.Int       { return new(big.Int).Sub(a, big.NewInt(b)) }
func mul(a, b *big.Int) *big.Int             { return new(big.Int).Mul(a, b) }
func modP(a *big.Int) *big.Int               { return new(big.Int).Mod(a, fieldP) }
func modL(a *big.Int) *big.Int               { return new(big.Int).Mod(a, orderL) }
func invert(a *big.Int) *big.Int             { return new(big.Int).ModInverse(modP(a), fieldP) }
func squareRoot(a *big.Int) *big.Int         { return new(big.Int).ModSqrt(modP(a), fieldP) } // nil if there is none
func fraction(top, bottom *big.Int) *big.Int { return modP(mul(top, invert(bottom))) }

type point struct{ x, y *big.Int }

// recoverX returns the x of the given sign that goes with y, nil if y is on no point.
func recoverX(y *big.Int, sign uint) *big.Int {
	yy := mul(y, y)
	x := squareRoot(fraction(sub(yy, 1), add(mul(curveD, yy), big.NewInt(1))))
	if x != nil && x.Bit(0) != sign {
		x = modP(new(big.Int).Neg(x))
	}
	return x
}

func (p point) plus(q point) point {
	one := big.NewInt(1)
	dxxyy := modP(mul(curveD, mul(mul(p.x, q.x), mul(p.y, q.y))))
	return point{
		x: fraction(add(mul(p.x, q.y), mul(q.x, p.y)), add(one, dxxyy)),
		y: fraction(add(mul(p.y, q.y), mul(p.x, q.x)), new(big.Int).Sub(one, dxxyy)),
	}
}

func (p point) times(n *big.Int) point {
	sum := neutral
	for i := n.BitLen() - 1; i >= 0; i-- {
		sum = sum.plus(sum)
		if n.Bit(i) == 1 {
			sum = sum.plus(p)
		}
	}
	return sum
}

// encode writes y, which may be the true one plus p, and the sign of x, which may be wrong.
func encode(y *big.Int, sign uint) []byte {
	b := littleEndian(y)
	b[31] |= byte(sign << 7)
	return b
}

func (p point) bytes() []byte { return encode(p.y, p.x.Bit(0)) }

func littleEndian(n *big.Int) []byte {
	b := n.FillBytes(make([]byte, 32))
	slices.Reverse(b)
	return b
}

// challenge is the h of a signature.
func challenge(r, key, msg []byte) *big.Int {
	sum := sha512.Sum512(slices.Concat(r, key, msg))
	slices.Reverse(sum[:])
	return modL(new(big.Int).SetBytes(sum[:]))
}

// torsion returns the eight points whose order divides eight.
func torsion() []point {
	// A point doubles to one with y = 0 if x^2 = -y^2: on the curve that is d y^4 + 2 y^2 - 1 = 0.
	root := squareRoot(add(curveD, big.NewInt(1)))
	for _, sign := range []int64{1, -1} {
		yy := fraction(sub(mul(root, big.NewInt(sign)), 1), curveD)
		if y := squareRoot(yy); y != nil {
			eighth := point{recoverX(y, 0), y}
			points := []point{neutral}
			for range 7 {
				points = append(points, points[len(points)-1].plus(eighth))
			}
			return points
		}
	}
	panic("no point of order eight")
}

// smallOrderEncodings returns all fourteen strings that decode to a point of torsion, canonical or not.
func smallOrderEncodings() [][]byte {
	var ys []*big.Int
	for _, p := range torsion() {
		for _, y := range []*big.Int{p.y, add(p.y, fieldP)} {
			known := slices.ContainsFunc(ys, func(other *big.Int) bool { return other.Cmp(y) == 0 })
			if y.BitLen() <= 255 && !known {
				ys = append(ys, y)
			}
		}
	}
	var out [][]byte
	for _, y := range ys {
		out = append(out, encode(y, 0), encode(y, 1))
	}
	return out
}
