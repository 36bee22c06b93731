"""Campaigns: what is planned on which pages, by whom, when, and what grew out of what."""
