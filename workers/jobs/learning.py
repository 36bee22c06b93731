"""Learning from what people decided."""

from app.learning import runner
from workers.context import services


def learn_due() -> bool:
    """Fit the model anew when enough was decided since the last time; answer whether that was so."""
    return runner.refit_due(services().db) is not None
