"""What every benchmark needs: whole-process figures, medians over runs, one way to print them."""
