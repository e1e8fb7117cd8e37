"""MAX through its Bot API: updates, messages, uploads, long poll and webhook."""
