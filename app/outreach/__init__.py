"""What departments do towards people and sites, and holding acts that would contradict each other."""
