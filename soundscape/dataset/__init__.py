"""Files, locks, builds."""
