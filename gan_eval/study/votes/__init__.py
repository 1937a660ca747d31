"""Votes that were collected elsewhere: reading them, standings from them, and what is wrong with them."""
