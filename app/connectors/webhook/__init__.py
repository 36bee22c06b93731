"""Any system of one's own, by signed JSON both ways. docs/connectors/webhook.md describes both."""

from app.connectors.webhook.connector import WebhookConnector

__all__ = ["WebhookConnector"]
