"""A kind of study that the package lacks, to try the steps of CONTRIBUTING with."""
