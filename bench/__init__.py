"""Benchmarks of Cairn beside its peer, both measured in the same run: ``python -m bench``."""
