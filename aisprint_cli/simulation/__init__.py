"""Discrete-event simulation of a placement: the digital twin of design and of the run-time tools."""
