"""How quickly we answer: what we hold ourselves to, who is warned, who is told when it was missed."""
