"""What the inbox leaves for later."""

from app.inbox import counts
from workers.context import services


def fold_counts() -> int:
    """Add up what transactions changed in the numbers of conversations; answer how many changes there were."""
    folded = 0
    while True:
        with services().db.write() as session:
            count = counts.fold(session)
        folded += count
        if count < counts.FOLDED_AT_ONCE:
            return folded
