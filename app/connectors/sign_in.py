"""How a page lets us in: what the connect form asks for, in each connector's own words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignIn:
    """What people enter to answer from here. All texts are marked with ``lazy`` and translated where they are shown.

    What is entered becomes ``Access.secret``: ``login`` and ``password``, or ``password`` alone where a token is all
    there is.
    """

    how: str
    """Where at the platform the credentials are made, and every permission they need."""
    password: str
    """What the second field is called, for example "Access token"."""
    login: str | None = None
    """What the first field is called; None when there is no name to enter."""
    required: bool = False
    """Nothing can be read without credentials."""
    wrong: str = ""
    """What people usually did wrong when the platform does not take what they entered."""
