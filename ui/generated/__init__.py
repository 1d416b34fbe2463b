"""Generated images with the classifier's label."""
