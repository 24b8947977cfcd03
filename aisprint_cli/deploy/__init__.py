"""Desired state to plan to execution, recorded in a ledger."""
