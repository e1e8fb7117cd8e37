"""Who may see which account: identity, links, consents, organisations."""
