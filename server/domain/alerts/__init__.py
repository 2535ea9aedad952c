"""Alerts: what is told to people who are not looking."""
