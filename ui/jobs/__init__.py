"""Progress of trainings and measurements, and the queue they wait in."""
