"""The documents of a study: manifest, key, trials, events and identifiers."""
