"""Generated images with the classifier's labels, as galleries and files, and the vectors of a condition."""
