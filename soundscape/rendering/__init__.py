"""Do what the plan says; draw nothing."""
