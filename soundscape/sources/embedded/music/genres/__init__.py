"""One module per genre: its pieces, written out, and the way that it arranges them."""
