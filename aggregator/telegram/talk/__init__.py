"""What the bot answers, one module a subject; each lists its `COMMANDS` and `VERBS`."""
