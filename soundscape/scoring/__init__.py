"""Mark predictions against answer keys; needs nothing of planning or rendering."""
