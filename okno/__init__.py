"""Entry point and composition: CLI, settings, company profile, the application put together."""
