"""Networks that are trained from scratch, or whose weights come from torchvision."""
