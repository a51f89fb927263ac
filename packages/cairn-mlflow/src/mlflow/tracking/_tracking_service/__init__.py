"""Where runs are kept, by the path that integrations know."""
