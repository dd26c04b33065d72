"""Scenarios side by side: runs, what they found, and the one judge of targets."""
