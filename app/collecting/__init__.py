"""Comments from the platforms into the inbox: nothing lost, nothing twice."""
