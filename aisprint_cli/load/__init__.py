"""Files to model: YAML with positions, documents, annotations, and every check on them."""
