"""What each kind of study finds: pure functions from a table of answers to findings."""
