"""A feature network that the package lacks, to try the steps of CONTRIBUTING with."""
