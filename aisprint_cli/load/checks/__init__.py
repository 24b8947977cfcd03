"""What the documents mean together: each module checks one subject, over whatever is sound of it."""
