"""The terminal: what it sends is taken apart without trust, and what it can't write is replaced before it is sent."""
