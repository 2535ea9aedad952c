"""Workers: what machines report, which agent asks for work, and which serve models."""
