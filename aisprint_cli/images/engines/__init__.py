"""What builds images: one module for each engine, behind one Protocol."""
