"""Viber through its REST API: events by webhook (there is no polling), messages, keyboards."""
