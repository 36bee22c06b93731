"""Porchlight: a self-hosted social inbox and customer-response router."""
