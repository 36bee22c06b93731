"""Remedies: asked for, signed off, carried out once, told; all of it provable."""
