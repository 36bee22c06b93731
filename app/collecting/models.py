"""Tables: imports."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from app.collecting.history import Format
from app.core.db import Base, BigId


class Import(Base):
    """A file of comments from elsewhere: checked, then taken in portions by whichever worker comes along."""

    __tablename__ = "imports"
    __table_args__ = (
        Index(
            "ix_imports_open",
            "id",
            sqlite_where=text("begun_at IS NOT NULL AND finished_at IS NULL"),
            postgresql_where=text("begun_at IS NOT NULL AND finished_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    file_name: Mapped[str] = mapped_column(String(200))
    form: Mapped[Format]
    body: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """None once it was taken: what it held stands among the comments then."""
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id", ondelete="CASCADE"))
    """Where the comments go; None until it begins, where a page of their own is made for them."""
    page_name: Mapped[str] = mapped_column(String(200))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id"))
    """Whose conversations a page of their own gets."""
    comments: Mapped[int]
    wrong: Mapped[int]
    mistakes: Mapped[dict[str, Any]]
    """What is wrong with the first lines that are, under ``lines``: pairs of number and words."""
    checked_at: Mapped[datetime]
    begun_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(default=0)
    """How many of the file's comments were taken."""
    new: Mapped[int] = mapped_column(default=0)
    """How many of these were not known already."""
