"""Artifacts: the files of runs, kept in folders or behind a server, moved in blocks."""
