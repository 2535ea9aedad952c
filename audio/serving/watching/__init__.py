"""What an endpoint's requests tell afterwards: figures, kept requests, a second model, drift."""
