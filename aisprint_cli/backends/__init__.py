"""Places a deployment can go to, behind one contract."""
