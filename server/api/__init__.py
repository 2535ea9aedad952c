"""The vocabulary every room of the server shares. Imports none of them."""
