"""How a page lets us in: what the connect form asks for, in each connector's own words."""

from dataclasses import dataclass

from app.connectors.oauth import OAuth


@dataclass(frozen=True, slots=True)
class SignIn:
    """What people enter to answer from here. All texts are marked with ``lazy`` and translated where they are shown.

    What is entered becomes ``Access.secret``: ``login`` and ``password``, or ``password`` alone where a token is all
    there is.
    """

    how: str
    """Where at the platform the credentials are made, and every permission they need; with ``oauth``, what signing in
    gives us."""
    password: str | None = None
    """What the second field is called, for example "Access token"; None when nothing is typed."""
    login: str | None = None
    """What the first field is called; None when there is no name to enter."""
    required: bool = False
    """Nothing can be read without credentials."""
    by_hand: str = ""
    """With ``oauth``: where what is typed instead is made."""
    oauth: OAuth | None = None
    """Signing in at the platform itself, where it has that and the operator has what it needs."""
    wrong: str = ""
    """What people usually did wrong when the platform does not take what they entered."""
