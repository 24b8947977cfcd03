"""Performance models: how long a component takes, fitted from measurements and predicted anywhere."""
