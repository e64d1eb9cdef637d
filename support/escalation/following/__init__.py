"""After filing: what Microsoft answers arrives here, and what we have to say arrives there."""
