"""Watching a run without changing it: the visit log, one resident's year, a choice taken apart."""
