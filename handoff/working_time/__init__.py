"""When operators work, when an answer is due, and what a customer is promised."""
