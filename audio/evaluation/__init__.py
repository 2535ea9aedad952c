"""How good a model is: its answers on clips it has never seen, on one fold or on all of them."""
