"""The register of support offers."""
