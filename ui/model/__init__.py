"""What the page asks of the model, and how long work is done."""
