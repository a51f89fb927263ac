"""The server: the operations of the contract, the artifact proxy and the web UI, in one process."""
