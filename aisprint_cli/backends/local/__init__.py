"""The local back end: one small OSCAR for each user, on this machine, without a container engine."""
