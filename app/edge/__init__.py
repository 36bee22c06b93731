"""What every face shares: who is asking, what they may do, one transaction per request."""
