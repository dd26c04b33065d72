"""How it is shown: words, numbers, cards, charts, and what a link says."""
