"""U-GAT-IT in its light form (Kim et al., ICLR 2020): attention in both networks, four discriminators."""
