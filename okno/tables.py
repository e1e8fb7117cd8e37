"""Every room's tables, so that migrations see the whole schema."""

import conversations.models
import staff.models
import storage.jobs
import storage.leases

__all__ = ["conversations", "staff", "storage"]
