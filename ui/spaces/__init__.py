"""One latent space, drawn."""
