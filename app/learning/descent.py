"""Finding the lowest point of a smooth convex function of millions of numbers.

L-BFGS as in Nocedal and Wright, Numerical Optimization, 2nd edition, algorithms 7.4 and 7.5, in single precision with
a halving line search. SciPy's L-BFGS-B keeps books about bounds that we have none of, and takes twenty times as long.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Point = npt.NDArray[np.float32]
_MEMORY = 8
_HALVINGS = 12
_ARMIJO = 1e-4
_FLAT = 3e-6
"""Stops when a step lowers the function by less than this share."""


def lowest(
    cost: Callable[[Point], tuple[float, Point]], start: Point, steps: int, tell: Callable[[int], None]
) -> Point:
    """A point near the lowest. ``cost`` answers the value and its gradient; ``tell`` hears of every step taken."""
    point = start
    value, slope = cost(point)
    moves: list[tuple[Point, Point, float]] = []
    for step in range(1, steps + 1):
        way = _direction(slope, moves)
        downhill = float(way @ slope)
        if downhill >= 0:
            break
        length = 1.0 if moves else 1.0 / max(float(np.abs(slope).sum()), 1e-9)
        for _halving in range(_HALVINGS):
            new = point + np.float32(length) * way
            new_value, new_slope = cost(new)
            if new_value <= value + _ARMIJO * length * downhill:
                break
            length /= 2
        else:
            break
        moved, turned = new - point, new_slope - slope
        curvature = float(moved @ turned)
        if curvature > 0:
            moves = [*moves[-(_MEMORY - 1) :], (moved, turned, 1 / curvature)]
        gained = value - new_value
        point, value, slope = new, new_value, new_slope
        tell(step)
        if gained <= _FLAT * abs(value) and step > _MEMORY:
            break
    return point


def _direction(slope: Point, moves: list[tuple[Point, Point, float]]) -> Point:
    way = -slope
    shares = []
    for moved, turned, weight in reversed(moves):
        share = np.float32(weight * float(moved @ way))
        way -= share * turned
        shares.append(share)
    if moves:
        moved, turned, _weight = moves[-1]
        way *= np.float32(float(moved @ turned) / float(turned @ turned))
    for (moved, turned, weight), share in zip(moves, reversed(shares), strict=True):
        way += (share - np.float32(weight * float(turned @ way))) * moved
    return way
