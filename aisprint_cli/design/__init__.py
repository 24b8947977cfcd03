"""From an application to its deployments: the pure enumeration, and the writer of the output tree."""
