"""Remedies: asking, deciding, carrying out by hand, telling; the ledger, the policy, the shops."""

from app.web.remedies import acts, asking, deciding, ledger, policy, shops
from app.web.remedies.routes import blueprint

__all__ = ["acts", "asking", "blueprint", "deciding", "ledger", "policy", "shops"]
