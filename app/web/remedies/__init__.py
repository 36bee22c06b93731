"""Remedies: asking, deciding, carrying out by hand, telling; the ledger, the policy, the shops."""

from app.web.remedies import acts, asking, beside, calls, deciding, evidence, follow_ups, ledger, policy, shops
from app.web.remedies.routes import blueprint

__all__ = [
    "acts",
    "asking",
    "beside",
    "blueprint",
    "calls",
    "deciding",
    "evidence",
    "follow_ups",
    "ledger",
    "policy",
    "shops",
]
