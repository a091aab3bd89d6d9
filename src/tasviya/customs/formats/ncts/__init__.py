"""Messages of the New Computerised Transit System (NCTS): what traders send, and what customs answer."""
