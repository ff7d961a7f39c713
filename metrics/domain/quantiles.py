"""The distributions that intervals and tests are read from: normal, and Student's t for any degrees of freedom.

Student's t: its distribution function is the regularised incomplete beta function, worked out by its continued
fraction with Lentz's method (Press et al., Numerical Recipes, 6.4; NIST DLMF 8.17.22); the quantile is found from it
by Newton's method. Right to at least eight digits for one degree of freedom and more.
"""

import math
from statistics import NormalDist

_NORMAL = NormalDist()
_TINY, _CLOSE, _MOST_STEPS = 1e-300, 1e-14, 10_000
NEARLY_NORMAL = 1e7  # degrees of freedom from which t and the normal agree to seven digits


def normal_quantile(chance: float) -> float:
    """Return the point that a standard normal value lies below with this chance, 0 < chance < 1."""
    return _NORMAL.inv_cdf(chance)


def normal_below(point: float) -> float:
    """Return the chance that a standard normal value lies below a point."""
    return _NORMAL.cdf(point)


def normal_tail(point: float) -> float:
    """Return the chance of a standard normal value at least so far above 0; exact also where it is tiny."""
    return math.erfc(point / math.sqrt(2)) / 2


def t_tail(point: float, freedom: float) -> float:
    """Return the chance that Student's t lies above a point; degrees of freedom need not be whole."""
    if freedom >= NEARLY_NORMAL:
        return normal_tail(point)
    beyond = _beta(freedom / 2, 0.5, freedom / (freedom + point * point)) / 2
    return beyond if point >= 0 else 1 - beyond


def t_quantile(chance: float, freedom: float) -> float:
    """Return the point that Student's t lies below with this chance, 0 < chance < 1."""
    if not 0 < chance < 1 or freedom <= 0:
        raise ValueError("A chance between 0 and 1 and degrees of freedom above 0 are needed.")
    if chance < 0.5:
        return -t_quantile(1 - chance, freedom)
    if freedom >= NEARLY_NORMAL:
        return normal_quantile(chance)
    # The tail is convex here and the normal's point lies before it, so Newton's steps go one way and never beyond.
    point = normal_quantile(chance)
    for _ in range(_MOST_STEPS):
        step = (t_tail(point, freedom) - (1 - chance)) / _density(point, freedom)
        point += step
        if step <= abs(point) * _CLOSE:
            break
    return point


def _density(point: float, freedom: float) -> float:
    scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    return math.exp(scale - (freedom + 1) / 2 * math.log1p(point * point / freedom))


def _beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function Iₓ(a, b)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    # The fraction converges quickly only on this side of the mean; beyond it the function is turned round.
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 / _apart(1 - (a + b) * x / (a + 1))
    found = d
    for step in range(1, _MOST_STEPS):
        twice = 2 * step
        for term in (
            step * (b - step) * x / ((a + twice - 1) * (a + twice)),
            -(a + step) * (a + b + step) * x / ((a + twice) * (a + twice + 1)),
        ):
            d = 1 / _apart(1 + term * d)
            c = _apart(1 + term / c)
            found *= d * c
        if abs(d * c - 1) < _CLOSE:
            break
    return found


def _apart(value: float) -> float:
    """Keep a divisor away from nothing."""
    return value if abs(value) > _TINY else _TINY
