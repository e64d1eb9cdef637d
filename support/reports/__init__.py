"""Reports: how soon we answer and solve, what waits, and where the time goes; each figure opens its tickets."""
