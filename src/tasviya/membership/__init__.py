"""Who may do what: the union's dated records, read for one business date at a time."""
