"""Microsoft's post-incident reviews: fetched once through one of the customers that were hit, and kept."""
