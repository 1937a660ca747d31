"""The command line: the only place that prints, exits, or knows click and rich."""
