"""From documents as read to the model's values, leaving out what is not sound."""
