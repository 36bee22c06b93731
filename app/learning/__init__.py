"""What kind of thing a comment is, by a model that begins with word lists and learns from people's decisions."""
