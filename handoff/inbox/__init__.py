"""The operators' inbox: its lists, a conversation, and what is pressed there."""
