"""Users: who calls, by password, key, token or link, and what the audit log keeps of it."""
