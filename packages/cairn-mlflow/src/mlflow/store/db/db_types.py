"""The databases that can be used, by the scheme of their URI."""

SQLITE = "sqlite"
DATABASE_ENGINES = [SQLITE]
