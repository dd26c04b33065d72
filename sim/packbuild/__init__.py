"""Packs of the five regions and the reference county, built from published figures."""
