"""Editors teach the understanding: check phrases, training in the background, models."""
