"""Reports for people: one self-contained HTML page for a placement."""
