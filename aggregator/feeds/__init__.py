"""A feed's bytes become items: fetch, guard, parse, clean, tell apart, and when to ask next.

Only `fetch` (sockets) and `workers` (processes) touch the world; the rest is pure.
"""
