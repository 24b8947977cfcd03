"""How long requests take: formulas and measurements behind one protocol. Pure, without input or output."""
