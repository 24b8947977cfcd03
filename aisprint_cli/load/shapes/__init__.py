"""Shapes: what a document may hold, declared once, read from node trees and shown as JSON Schema.

A shape reads a YAML node (or the node made of a Python literal) in one pass: it gives the plain
value and reports what does not fit, at the node's own position. The nodes are read rather than
loaded values because only they still know that `010`, `on` or `12:30` was written.
"""
