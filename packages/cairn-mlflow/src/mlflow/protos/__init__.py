"""Names of the protocol's messages that integrations compare errors with."""
