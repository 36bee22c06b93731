"""Waits that are spread by chance, so that what failed at the same moment does not come back at the same moment."""

import random
from datetime import timedelta


def draw() -> float:
    """A number from 0 to 1. For spreading; nothing that has to be secret is made of it."""
    return random.random()  # noqa: S311


def spread(wait: timedelta, drawn: float) -> timedelta:
    """About as long: a quarter less for 0, a quarter more for 1."""
    return wait * (0.75 + 0.5 * drawn)
