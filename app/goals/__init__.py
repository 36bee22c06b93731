"""What we mean to reach, by whom and in what time, and how it stands: measured again and again, never on a shelf."""
