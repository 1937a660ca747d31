"""The models: a folder each, what two of them share in `layers`, one row each in `table`."""
