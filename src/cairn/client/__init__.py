"""What user code imports to log, read and organise runs. Loads nothing by itself."""
