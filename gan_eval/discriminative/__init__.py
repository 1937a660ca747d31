"""NRDS: models compared by how long a discriminator needs to tell their images from real ones."""
