"""Application and splits to deployments and constraints, and the writer of the design tree."""
