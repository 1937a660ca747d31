"""Checking an exported study: leaks of method names, balance of the design, and the page in a real browser."""
