"""Partner Center's service requests: read, matched with our escalations, and annotated."""
