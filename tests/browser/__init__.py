"""The page in a real Chromium, against a real server that holds what real tasks wrote."""
