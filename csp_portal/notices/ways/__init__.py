"""How a message leaves: each way turns what is told into what its other side reads."""
