"""Every kind of finding of every stage, each with a page of its own: meaning, reason, mend, example."""
