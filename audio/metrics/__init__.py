"""Loss, accuracy, and how far chance moves them."""
