"""Databases, clock, leases and due work. Leans on nothing of ours."""
