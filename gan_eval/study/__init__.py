"""Human studies: designed, exported, collected and analysed with the person as the unit."""
