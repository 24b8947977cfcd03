"""Placing over time: periods with their own load and prices, switching between placements, reserving."""
