"""The small library that components import at run time; see docs/runtime-library.md."""
