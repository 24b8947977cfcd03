"""The domain: frozen values without input or output, the language every other package speaks."""
