"""One module a use case: load facts, decide, post, tell, in one unit of work."""
