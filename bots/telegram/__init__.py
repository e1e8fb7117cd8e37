"""Telegram through aiogram 3 (Bot API 10): what comes in, what goes out, polling and webhook."""

from bots.telegram import late_types as late_types  # before anything of aiogram
