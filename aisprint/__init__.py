"""The small library that components import at run time."""
