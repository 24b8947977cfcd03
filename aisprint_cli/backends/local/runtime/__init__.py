"""The process that hosts local clusters: `python -m aisprint_cli.backends.local.runtime --home DIR`."""
