"""The explorer: a build, and what a system answered, as one HTML page to look at and listen to."""
