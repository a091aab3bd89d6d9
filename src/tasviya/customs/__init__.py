"""What crosses a border owes: duty rates, as tariffs write them."""
