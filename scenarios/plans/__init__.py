"""The plans as data: clauses, levers with effects and costs, and defined targets."""
