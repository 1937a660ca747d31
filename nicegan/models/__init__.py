"""The models: each has a folder and a row in `table`; layers that models share stand in `layers`."""
