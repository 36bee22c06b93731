"""A Shopify shop, through its Admin API."""

from app.executors.shopify.executor import ShopifyExecutor

__all__ = ["ShopifyExecutor"]
