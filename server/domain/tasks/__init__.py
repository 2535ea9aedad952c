"""Tasks: their fields and status, what copies, queues, publishes and deletes them; the models and queues they have."""
