"""Container images: which ones, what goes into them, how they are built, and where they are kept."""
