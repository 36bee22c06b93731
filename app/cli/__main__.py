"""``python -m app.cli`` is ``porchlight``."""

from app.cli import main

main()
