"""Models, losses, training and run files of Latent Explorer; importable and useful without Streamlit."""

__version__ = "0.1.0"
