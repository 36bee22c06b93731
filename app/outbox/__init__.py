"""Every act we carry out on a platform: claimed, sent, recorded, at most once."""
