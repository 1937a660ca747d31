"""Collecting answers: the server and its store, downloaded files, and simulated people."""
