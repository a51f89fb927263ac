"""Where models are registered, by the path that integrations know."""
