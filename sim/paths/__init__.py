"""Paths of many years: one calendar for every engine, stocks underneath, checkpoints."""
