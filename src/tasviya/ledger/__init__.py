"""Double entry: accounts, transfers and the rules that move money between them."""
