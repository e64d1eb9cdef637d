"""Who has to be told of what: rules against scopes, and the inbox of what is active."""
