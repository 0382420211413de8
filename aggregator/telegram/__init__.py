"""The chat, in and out: words, rendering, commands, sending."""
