"""A count that grows at a rate, both known roughly, as far as what was seen of it tells."""

import math
from typing import Final

CONTRADICTION: Final = 4.0
"""From how many deviations on what is seen contradicts what was known, and not only corrects it."""
_STEADY_SECONDS: Final = 300.0
"""Within such a time a rate changes by about `_DRIFT`."""
_DRIFT: Final = 0.03
_LEAST_UNEVEN: Final = 0.3
_MOST_UNEVEN: Final = 200.0
_FIRST_UNEVEN: Final = 3.0


def below(z: float) -> float:
    """Return the share of the normal distribution below `z`."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def density(z: float) -> float:
    """Return the density of the normal distribution at `z`."""
    return math.exp(-z * z / 2) / math.sqrt(2 * math.pi)


class Flow:
    """A count that grows at a rate, both known roughly: a Kalman filter of two values.

    Args:
        count: the first estimate.
        rate: the first estimate, per second.
        at: when that is, UTC epoch seconds.
        doubt: how uncertain the rate is, as a share of it.
        seconds: how long the count has been growing at that uncertain rate.

    Attributes:
        count: the expected count at `at`.
        rate: per second, before it is shared.
        uneven: seconds of the rate's flow by which the count may stray within one second, squared.
        strayed: how far the count may have strayed so far, squared, before `uneven` scales it: it grows with
            time, and the faster the count grew, the faster.
    """

    def __init__(self, count: float, rate: float, at: float, *, doubt: float, seconds: float) -> None:
        self.count, self.rate, self.at = count, rate, at
        self.uneven = _FIRST_UNEVEN
        self.strayed = 0.0
        self._since = at - seconds
        self._rr = (doubt * rate) ** 2
        self._cr, self._cc = self._rr * seconds, self._rr * seconds**2 + 1.0

    @staticmethod
    def straying(pace: float, seconds: float) -> float:
        """Return by how much `strayed` grows while the count grows by `pace` a second."""
        return seconds * (0.1 * pace) ** 2

    @property
    def deviation(self) -> float:
        """The standard deviation of the count."""
        return math.sqrt(self._cc)

    @property
    def doubt(self) -> float:
        """The standard deviation of the rate, as a share of it."""
        return math.sqrt(self._rr) / self.rate

    def advance(self, seconds: float, share: float = 1.0) -> None:
        """Let time pass; the count gets `share` of the rate."""
        dt, speed = seconds, share
        self.at += dt
        self.count += self.rate * speed * dt
        strayed = self.straying(self.rate * speed, dt)
        self.strayed += strayed
        self._cc += 2 * self._cr * speed * dt + self._rr * (speed * dt) ** 2 + self.uneven * strayed
        self._cr += self._rr * speed * dt
        drift = (_DRIFT * self.rate) ** 2 * self.uneven / _FIRST_UNEVEN * dt / _STEADY_SECONDS
        self._rr = min(self._rr + drift, max(self.rate**2, self._rr))

    def observe(self, count: float, deviation: float) -> None:
        """Take in a count that was seen."""
        total = self._cc + deviation**2
        miss = count - self.count
        self._learn_unevenness(miss * miss / total)
        self._move(miss, self._cc / total, self._cr / total)

    def at_least(self, count: float, deviation: float = 0.0) -> None:
        """Take in that the count has reached a value."""
        self._bound(count, deviation, 1)

    def at_most(self, count: float, deviation: float = 0.0) -> None:
        """Take in that the count has not reached a value."""
        self._bound(count, deviation, -1)

    def widen(self, miss: float) -> None:
        """Trust what was known less, because an answer was off by `miss`."""
        # Most likely the rate is another since a while; how long is not known.
        off = miss / min(max(self.at - self._since, 10.0), _STEADY_SECONDS / 3)
        self._cc += miss * miss
        self._cr += miss * off
        self._rr += 1.25 * off * off

    def _bound(self, count: float, deviation: float, side: int) -> None:
        total = math.sqrt(self._cc + deviation**2)
        z = side * (count - self.count) / total
        if z < -CONTRADICTION:
            return  # known before
        mills = density(z) / max(below(-z), 1e-12) if z < 6 else z + 1 / z
        # As likely answers must count for evenness as unlikely ones do against it.
        self._learn_unevenness(1 + z * mills)
        gain = self._cc / total**2
        shrink = min(max(mills * (mills - z), 0.0), 1.0)
        old = self._cc
        self.count += side * mills * self._cc / total
        self.rate = max(self.rate + side * mills * self._cr / total, self.rate * 0.3, 1e-6)
        self._cc *= 1 - gain * shrink
        self._rr -= shrink * self._cr**2 / total**2
        self._rr = max(self._rr, (0.002 * self.rate) ** 2)
        self._cr *= self._cc / old if old else 1.0

    def _move(self, miss: float, gain: float, rate_gain: float) -> None:
        self.count += gain * miss
        self.rate = max(self.rate + rate_gain * miss, self.rate * 0.2, 1e-6)
        self._rr = max(self._rr - rate_gain * self._cr, (0.002 * self.rate) ** 2)
        self._cr *= 1 - gain
        self._cc = max(self._cc * (1 - gain), 1e-6)

    def _learn_unevenness(self, surprise: float) -> None:
        step = math.exp(0.2 * (min(surprise, 9.0) - 1))
        self.uneven = min(max(self.uneven * step, _LEAST_UNEVEN), _MOST_UNEVEN)
