"""Which team a conversation goes to, and why."""
