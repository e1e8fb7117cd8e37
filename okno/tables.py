"""Every room's tables, so that migrations see the whole schema."""

import billing.customers.claim_models
import billing.models
import billing.readings.delivery_models
import bots.web_chat.models
import conversations.models
import handoff.customer.join_models
import handoff.models
import knowledge_base.company.models
import knowledge_base.files.models
import knowledge_base.gaps.models
import knowledge_base.learning.models
import knowledge_base.models
import media.models
import staff.models
import storage.jobs
import storage.leases

__all__ = [
    "billing", "bots", "conversations", "handoff", "knowledge_base", "media", "staff", "storage",
]  # fmt: skip
