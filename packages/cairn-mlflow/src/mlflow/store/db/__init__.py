"""The databases that can be used."""
