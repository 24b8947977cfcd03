"""The embedded back end: an OSCAR-compatible runtime on loopback."""
