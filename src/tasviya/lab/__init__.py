"""Where days are made up: real trade and real rates, invented banks and companies, a seed."""
