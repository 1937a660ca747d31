"""Analysing a study: from collected answers to findings, with the person as the unit."""
