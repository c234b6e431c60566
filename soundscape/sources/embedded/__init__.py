"""The embedded bank: synthesised on first use, so that a fresh machine needs nothing but the package."""
