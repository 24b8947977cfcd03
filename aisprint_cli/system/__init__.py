"""The only door out: files, processes, clock, packaged data."""
