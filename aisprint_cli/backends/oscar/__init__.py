"""Existing OSCAR clusters, over their REST API."""
