"""A component's program to the programs of its segments, from the syntax tree."""
