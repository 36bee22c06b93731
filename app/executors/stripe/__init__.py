"""Stripe: refunds of payments."""

from app.executors.stripe.executor import StripeExecutor

__all__ = ["StripeExecutor"]
