"""Home: three latent spaces side by side."""
