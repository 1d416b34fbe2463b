"""The page KLD weight: a slider that retrains on demand."""
