"""Home: the three latent spaces."""
