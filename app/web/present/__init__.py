"""How things look on a screen: times, states and health codes in words, foreign text made into safe HTML."""
