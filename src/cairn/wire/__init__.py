"""From contract to HTTP and back: routes, remote client, OpenAPI, and the dialect of the wire."""
