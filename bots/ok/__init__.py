"""Odnoklassniki: messages of groups over the Graph Bot API; events by webhook."""
