"""Declarations as files: our own JSON, and XML of the WCO Data Model."""
