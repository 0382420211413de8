"""The loops: polling, delivering, reloading; how they start, and how they end in time.

Every loop has one broad `except` at its top, logged with what it was working on; no other place
has one.
"""
