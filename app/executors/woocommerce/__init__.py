"""A WooCommerce shop, through its REST interface."""

from app.executors.woocommerce.executor import WooCommerceExecutor

__all__ = ["WooCommerceExecutor"]
