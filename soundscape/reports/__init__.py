"""Pictures, pages and tables for people."""
