"""Any shop system, through signed requests both ways."""

from app.executors.webhook.executor import WebhookExecutor

__all__ = ["WebhookExecutor"]
