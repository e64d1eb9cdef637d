"""The register of support offers: what each customer gets, since when, and how it was told."""
