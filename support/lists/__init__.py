"""Work lists: which tickets there are, in which order, and what is done with many of them."""
