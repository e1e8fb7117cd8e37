"""VK communities through vkbottle 4 (API 5.199): events, messages, long poll and callback."""
