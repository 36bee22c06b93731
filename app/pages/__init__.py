"""The places we look after, and the connections that reach them."""
